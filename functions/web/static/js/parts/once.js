// What somebody chose for a one-time sync and has not run yet, kept in this tab: going back from the
// preview, or a reload, loses nothing.

const key = (connectionId) => `crmsync.once.${connectionId}`;

export const keepChoices = (connectionId, rows) =>
  sessionStorage.setItem(key(connectionId), JSON.stringify(rows));

export const choicesOf = (connectionId) => JSON.parse(sessionStorage.getItem(key(connectionId)) ?? "[]");

export const forgetChoices = (connectionId) => sessionStorage.removeItem(key(connectionId));
