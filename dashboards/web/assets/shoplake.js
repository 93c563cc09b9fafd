// What happens in the browser alone: dark mode, the menu on a phone, the way from a bar to its rows, when charts are drawn, and
// what follows the end of a session on AWS: the page is loaded again, which leads through the sign-in back to it.
const ask = window.fetch;
// The frame is asked for while scripts are still read, and for this address: it comes with its page.
const opened = { page: window.location.pathname, search: window.location.search, dark: window.localStorage.getItem("dark") || "" };
const frame = ask(`/_dash-layout?${new URLSearchParams(opened)}`);
window.fetch = async (...parameters) => {
  const answer = await (parameters[0] === "/_dash-layout" ? frame : ask(...parameters));
  if (answer.status === 401) window.location.reload();
  return answer;
};
// Figures appear before their charts, which take longer to draw. A chart whose page was left meanwhile is not drawn.
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
if (window.Plotly) {
  const { react } = window.Plotly;
  window.Plotly.react = async (chart, ...parameters) => {
    await painted();
    return chart.isConnected ? react(chart, ...parameters) : chart;
  };
}
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  shoplake: {
    scheme: (dark) => {
      window.localStorage.setItem("dark", dark ? "1" : "");
      return dark ? "dark" : "light";
    },
    menu: (opened, navbar) => ({ ...navbar, collapsed: { mobile: !opened } }),
    drill: (clicks) => {
      const click = window.dash_clientside.callback_context.triggered[0];
      const link = click && click.value && click.value.points[0].customdata;
      return typeof link === "string" ? link : window.dash_clientside.no_update;
    },
  },
});
