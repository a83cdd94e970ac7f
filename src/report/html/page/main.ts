import { type App, HashApp, type Part } from './app.js';
import { ConnectionView } from './connection-view.js';
import { ConnectionsView } from './connections-view.js';
import { h } from './dom.js';
import { OverviewView } from './overview-view.js';
import { preparePrinting } from './printing.js';
import { ReportData } from './report-data.js';
import { themeButton } from './theme.js';
import { VIEWS, type View, type ViewState } from './view-state.js';

const TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  connections: 'Connections',
  connection: 'Connection',
};

async function open(): Promise<void> {
  const data = await ReportData.load();
  const app: App & HashApp = new HashApp(data, (state, before) => show(state, before));
  const views: Readonly<Record<View, Part>> = {
    overview: new OverviewView(app),
    connections: new ConnectionsView(app),
    connection: new ConnectionView(app),
  };
  const tabs = (['overview', 'connections'] as const).map((view) => h('a', { class: 'tab' }, TITLES[view]));
  const main = h('main', { id: 'main', tabindex: -1 });
  document.body.append(
    h('a', { class: 'skip', href: '#main', on: { click: (event) => skip(event, main) } }, 'Skip to the content'),
    h(
      'header',
      { class: 'page-header' },
      h('span', { class: 'brand' }, 'lastack'),
      h('nav', { 'aria-label': 'Views' }, ...tabs),
      themeButton(),
    ),
    main,
    h('footer', {}, footer(data)),
    h('div', { id: 'announcements', class: 'off-screen', 'aria-live': 'polite' }),
  );

  function show(state: ViewState, before: ViewState | null): void {
    const view = views[state.view];
    (['overview', 'connections'] as const).forEach((name, index) => {
      tabs[index].href = app.href({ view: name });
      const current = name === state.view || (name === 'connections' && state.view === 'connection');
      if (current) tabs[index].setAttribute('aria-current', 'page');
      else tabs[index].removeAttribute('aria-current');
    });
    if (main.firstChild !== view.element) main.replaceChildren(view.element);
    view.update(state);
    if (before !== null && (before.view !== state.view || before.flow !== state.flow)) {
      scrollTo(0, 0);
      main.focus({ preventScroll: true });
    }
  }

  preparePrinting(() => views[app.state.view].update(app.state));
  app.start();
  document.documentElement.dataset.ready = VIEWS[0];
}

/** The link's target is no view: the address stays as it is. */
function skip(event: Event, main: HTMLElement): void {
  event.preventDefault();
  main.focus();
}

function footer({ overview }: ReportData): string {
  return `Made by lastack ${overview.version}. Times are UTC. This file holds all its data and loads nothing.`;
}

open().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  document.body.append(h('p', { class: 'failure', role: 'alert' }, `This report cannot be shown: ${reason}`));
});
