// What happens in the browser alone: dark mode, the menu on a phone, and the way from a bar to its rows.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  shoplake: {
    scheme: (dark) => (dark ? "dark" : "light"),
    menu: (opened, navbar) => ({ ...navbar, collapsed: { mobile: !opened } }),
    drill: (clicks) => {
      const click = window.dash_clientside.callback_context.triggered[0];
      const link = click && click.value && click.value.points[0].customdata;
      return typeof link === "string" ? link : window.dash_clientside.no_update;
    },
  },
});
