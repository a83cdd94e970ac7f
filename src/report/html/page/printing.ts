/** Whether the page is being laid out for paper. */
export const isPrinting = (): boolean => matchMedia('print').matches;

/** Opens what is closed for paper, closes it again, and lets the view that is shown follow. */
export function preparePrinting(update: () => void): void {
  let opened: HTMLDetailsElement[] = [];
  matchMedia('print').addEventListener('change', ({ matches }) => {
    if (matches) {
      opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open]):not(.no-print)')];
      for (const details of opened) details.open = true;
    } else {
      for (const details of opened) details.open = false;
      opened = [];
    }
    update();
  });
}
