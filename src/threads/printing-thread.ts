import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, BatchPrinter } from './batch-printer.js';

const printer = new BatchPrinter(workerData);

parentPort?.on('message', (batch: Batch) => {
  const printed = printer.print(batch);
  parentPort?.postMessage(printed, [printed.copies, printed.text.buffer]);
});
