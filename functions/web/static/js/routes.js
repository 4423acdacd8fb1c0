// Every screen's address and the module in `screens/` that draws it, loaded when first visited.

export const routes = [
  ["/", "integrations"],
  ["/connecting", "callback"],
  ["/connections/:id", "connection"],
  ["/connections/:id/automation", "automation"],
  ["/connections/:id/manual", "manual"],
  ["/connections/:id/history", "history"],
  ["/connections/:id/reviews", "reviews"],
  ["/connections/:id/audit", "audit"],
  ["/runs/:id", "run"],
  ["/groups", "groups"],
  ["/groups/:id", "group"],
  ["/contacts", "contacts"],
  ["/contacts/new", "contact-new"],
  ["/contacts/:id", "contact"],
  ["/notifications", "notifications"],
  ["/notifications/settings", "settings"],
];
