/** Names of captures, compressed or not, with the number that a rotation appends. */
const CAPTURE_NAME = /\.(pcap|pcapng|cap|ntar|dmp|snoop|trc|erf)\d*(\.(gz|zst|lz4|xz|bz2))?$/i;

/** Whether the name says that a file is meant to be a capture: asked only where its content does not tell. */
export const hasCaptureName = (path: string): boolean => CAPTURE_NAME.test(path);
