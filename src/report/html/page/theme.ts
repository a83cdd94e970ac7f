import { button } from './dom.js';
import { repaintSwatches } from './palette.js';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const LABELS: Readonly<Record<Theme, string>> = { auto: '◐ Auto', light: '☀ Light', dark: '☾ Dark' };
const KEY = 'lastack-theme';
const CHANGED = 'themechange';

/** Goes from the system's choice to light, to dark, and back. */
export function themeButton(): HTMLButtonElement {
  let theme = remembered();
  const control = button(
    '',
    () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      remember(theme);
      apply();
    },
    { class: 'theme' },
  );
  const apply = (): void => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    control.textContent = LABELS[theme];
    control.setAttribute('aria-label', `Colours: ${theme}`);
    changed();
  };
  apply();
  for (const query of ['(prefers-color-scheme: dark)', 'print']) matchMedia(query).addEventListener('change', changed);
  return control;
}

/** Calls `listener` when other colours are on: what a canvas shows does not follow by itself. */
export function onThemeChange(listener: () => void): void {
  document.addEventListener(CHANGED, listener);
}

function changed(): void {
  repaintSwatches(document);
  document.dispatchEvent(new Event(CHANGED));
}

/** Storage may be closed to a page from a file. */
function remembered(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
