// What happens in the browser alone: dark mode, the menu on a phone, the title, the way from a bar to its rows, when charts are
// drawn, and what follows the end of a session on AWS: the page is loaded again, which leads through the sign-in back to it.
const ask = window.fetch;
window.fetch = async (...parameters) => {
  const answer = await (parameters[0] === "/_dash-layout" ? window.frameAnswer : ask(...parameters));
  if (answer.status === 401) window.location.reload();
  return answer;
};
// Figures appear before their charts, which take longer to draw. A chart whose page was left meanwhile is not drawn.
// A page that nobody sees, in another tab or for a picture, has no frames: it does not wait for one.
const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 100);
  });
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
    // Tabs and bookmarks of pages can be told apart.
    title: (links) => {
      const current = (links || []).find((link) => link.props.active);
      if (current) document.title = `${current.props.label} · shoplake`;
    },
    menu: (opened, navbar) => ({ ...navbar, collapsed: { mobile: !opened } }),
    drill: (clicks) => {
      const click = window.dash_clientside.callback_context.triggered[0];
      const link = click && click.value && click.value.points[0].customdata;
      return typeof link === "string" ? link : window.dash_clientside.no_update;
    },
  },
});
