type Child = Node | string | null | false;

export interface Properties {
  readonly class?: string;
  readonly title?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Attributes, ARIA's among them; null and false leave one out, true sets it empty. */
  readonly [attribute: string]: string | number | boolean | null | undefined | object;
}

/** An HTML element. Text becomes text, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return dress(document.createElement(tag), properties, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return dress(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function dress<E extends Element>(element: E, properties: Properties, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') {
      for (const [type, listener] of Object.entries(properties.on ?? {})) element.addEventListener(type, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A button with words on it. */
export function button(label: string, onClick: () => void, properties: Properties = {}): HTMLButtonElement {
  return h('button', { type: 'button', ...properties, on: { click: onClick } }, label);
}

/** What the page says to a screen reader, and to nobody else. */
export function announce(message: string): void {
  const region = document.getElementById('announcements');
  if (region !== null) region.textContent = message;
}

/** Puts `text` on the clipboard, also where a page from a file may not use the new interface. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h('textarea', { class: 'off-screen', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

/** A button that copies, and says so. */
export function copyButton(label: string, text: () => string, properties: Properties = {}): HTMLButtonElement {
  const control = button(
    label,
    async () => {
      await copyText(text());
      control.textContent = 'Copied';
      announce(`${label}: done`);
      setTimeout(() => {
        control.textContent = label;
      }, 1500);
    },
    properties,
  );
  return control;
}
