import type { Page } from 'playwright-core';

/** Cells of the table that do not show all that is in them; a list of findings may go on in its title. */
export function cutCells(page: Page): Promise<string[]> {
  return page.$$eval('.row:not([hidden]) .cell:not(.severity)', (cells) =>
    cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
  );
}

/** Texts of the ladder that stand over each other, or beyond its edge. */
export function overlapping(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const texts = [...document.querySelectorAll('.ladder .state-name, .ladder .time, .stage .note')];
    const frame = document.querySelector('.stage')?.getBoundingClientRect();
    const boxes = texts.map((element) => ({
      text: element.textContent?.slice(0, 30),
      box: element.getBoundingClientRect(),
    }));
    const problems: string[] = [];
    boxes.forEach(({ text, box }, index) => {
      if (frame !== undefined && (box.left < frame.left - 1 || box.right > frame.right + 1))
        problems.push(`${text} is cut`);
      for (const other of boxes.slice(index + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > 1 && down > 3) problems.push(`${text} is over ${other.text}`);
      }
    });
    return problems;
  });
}
