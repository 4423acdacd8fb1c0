// Reviews: who might be whom, side by side, and new people waiting for a yes.

import { get, post } from "../api.js";
import { focusOn, h, uniqueId } from "../dom.js";
import { counted, fullName, plainDate } from "../format.js";
import { toast } from "../live.js";
import { connectionScreenFrame, lockedReason } from "../parts/connection-frame.js";
import { badge, empty } from "../ui/banner.js";
import { button } from "../ui/button.js";
import { attempt } from "../ui/loader.js";
import { moreList } from "../ui/more-list.js";
import { FIELDS, fieldName } from "../words.js";

const COMPARED = Object.keys(FIELDS).filter((name) => name !== "salutation");

export function screen(context) {
  return connectionScreenFrame(context, "Reviews", (connection) => {
    const list = moreList({
      signal: context.signal,
      noun: "review",
      fetchPage: (cursor) => get(`connections/${connection.id}/reviews`, {
        query: { cursor }, signal: context.signal,
      }),
      frame: () => h("div.stack"),
      row: (review) => reviewCard(review, connection, () => list.reload()),
      nothing: () => empty("people", "Nothing to review",
        "When it is not certain who is who, we ask here instead of guessing. Your answer is remembered."),
    });
    return list;
  });
}

/** `onLast()` is called when the last review on the screen was decided. */
function reviewCard(review, connection, onLast) {
  const trouble = h("div");
  const locked = lockedReason(connection);
  const element = h("article.card.review");
  const decide = (decision, said, candidate) => attempt(trouble, async () => {
    const body = candidate ? { decision, candidate_id: candidate } : { decision };
    await post(`reviews/${review.id}`, body);
    toast(`${said} The next run goes by it.`);
    const next = element.nextElementSibling ?? element.previousElementSibling;
    element.remove();
    focusOn((next ?? document).querySelector(next ? "button" : "h1"));
    if (!next) await onLast();
  });
  const draw = review.kind === "match" ? matchReview : newPersonReview;
  element.append(...draw(review, decide, locked), trouble);
  return element;
}

function matchReview(review, decide, locked) {
  const { candidates } = review;
  const name = uniqueId("candidate");
  const pick = (candidate, index) => h("label.candidate-pick",
    h("input", { type: "radio", name, value: candidate.id, checked: index === 0, disabled: Boolean(locked) }),
    h("span", candidates.length > 1 ? `Candidate ${index + 1}` : "Candidate"));
  const head = h("header.card-head", h("div",
    h("h2", `Is this ${fullName(review.subject)}?`),
    h("p.muted", `${counted(candidates.length, "candidate")} with the same address or name. Nothing is merged without your word.`)),
  badge("info", "Match"));
  const table = comparison(review, candidates, pick);
  const chosen = () => table.querySelector(`input[name="${name}"]:checked`)?.value;
  const actions = h("div.actions",
    button("Same person", { kind: "primary", reason: locked, picture: "link",
      onPress: () => decide("same", "They are the same person.", chosen()) }),
    button("Different people", { reason: locked,
      onPress: () => decide("different", "They are different people.", chosen()) }),
    button("Leave out", { kind: "quiet", reason: locked, onPress: () => decide("skip", "Left out.") }));
  return [head, table, actions, meaning(
    "Same person: the two are linked and kept the same. Different people: each stays on its own. ",
    "Leave out: nothing is done with this record.")];
}

function newPersonReview(review, decide, locked) {
  const head = h("header.card-head", h("div",
    h("h2", `Create ${fullName(review.subject)} in the CRM?`),
    h("p.muted", "This person is in your group and not in the CRM. New people wait for your yes.")),
  badge("info", "New person"));
  const actions = h("div.actions",
    button("Create in the CRM", { kind: "primary", reason: locked, picture: "plus",
      onPress: () => decide("create", "Will be created.") }),
    button("Leave out", { reason: locked, onPress: () => decide("skip", "Left out.") }));
  return [head, comparison(review, [], () => null), actions, meaning(
    "Leave out: the contact stays in your group and is not created in the CRM.")];
}

/** What the answers do; both are for good. */
const meaning = (...texts) => h("p.field-hint", texts, " Your answer counts for every run to come.");

function comparison({ subject, person_id: personId }, candidates, pick) {
  const names = COMPARED.filter((name) => [subject, ...candidates].some((who) => who?.[name]));
  const [ours, theirs] = personId ? ["CRM person", "Marketing"] : ["Marketing contact", "CRM"];
  const row = (name) => h("tr",
    h("th", { scope: "row" }, fieldName(name)),
    h("td", { "data-side": ours }, value(name, subject)),
    candidates.map((candidate, index) => {
      const same = equal(subject[name], candidate[name]);
      return h("td", { class: same ? "same" : "differs", "data-side": `${theirs} ${index + 1}` },
        value(name, candidate), !same && h("span.visually-hidden", " (differs)"));
    }));
  return h("div.table-scroll", { tabindex: 0, role: "group", "aria-label": "Side by side" },
    h("table.compare",
      h("thead", h("tr", h("th", { scope: "col" }, "Field"), h("th", { scope: "col" }, ours),
        candidates.map((candidate, index) =>
          h("th", { scope: "col" }, h("span.muted", theirs), pick(candidate, index))))),
      h("tbody", names.map(row))));
}

const equal = (one, other) => String(one ?? "").trim().toLowerCase() === String(other ?? "").trim().toLowerCase();

function value(name, who) {
  const text = who?.[name];
  if (text === true) return "Yes";
  if (text === false) return "No";
  if (!text) return h("span.blank-value", "blank");
  return name === "birthdate" ? plainDate(text) : text;
}
