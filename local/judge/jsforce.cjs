// jsforce at work; prints what it did.
const jsforce = require("jsforce");

const expect = (holds, text) => {
  if (!holds) throw new Error(text);
  console.log(text);
};

const main = async () => {
  const { ORG_URL, ORG_USERNAME, ORG_PASSWORD } = process.env;
  const conn = new jsforce.Connection({ loginUrl: ORG_URL, version: "60.0" });
  await conn.login(ORG_USERNAME, ORG_PASSWORD);
  const who = await conn.identity();
  expect(who.username === ORG_USERNAME, `logged in as ${who.display_name}`);
  const rows = await conn
    .sobject("Contact")
    .create([{ LastName: "One" }, { LastName: "Two" }, { FirstName: "Nameless" }], { allOrNone: false });
  const refused = rows.filter((row) => !row.success);
  expect(refused.length === 1 && refused[0].errors[0].statusCode === "REQUIRED_FIELD_MISSING", "a collection kept two rows and refused one");
  const people = await conn.query("SELECT Id FROM Contact");
  expect(people.records.length === people.totalSize && people.done, `queried ${people.totalSize} contacts`);
  const gone = await conn.sobject("Contact").destroy(rows.filter((row) => row.success).map((row) => row.id));
  expect(gone.every((row) => row.success), "deleted them again");
  const described = await conn.sobject("CampaignMember").describe();
  expect(described.name === "CampaignMember", `described ${described.fields.length} fields`);
  const bulk = await conn.bulk2.loadAndWaitForResults({
    object: "Contact", operation: "insert", input: [{ LastName: "Bulk" }], pollTimeout: 30000, pollInterval: 500,
  });
  expect(bulk.successfulResults.length === 1 && bulk.failedResults.length === 0, "inserted by bulk");
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
