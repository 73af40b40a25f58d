import GRDB

/// What a store had before events carried digests of it is recorded once, as it was found.
///
/// A draft says whose it is, so that the drafts of one labeller can be counted.
func sealSchema(_ db: Database) throws {
  try db.execute(
    sql: """
      DROP INDEX eventThatIsRare;
      CREATE INDEX eventThatIsRare ON event(id)
        WHERE kind <> 'judgementSubmitted' AND kind <> 'judgementRevised'
          AND kind <> 'promptSkipped' AND kind <> 'promptsStored';
      DELETE FROM draft WHERE assignmentId IN (
        SELECT id FROM assignment
        WHERE state = 'skipped' OR state = 'submitted' OR state = 'retracted');
      ALTER TABLE draft ADD COLUMN labellerId INTEGER REFERENCES person(id);
      UPDATE draft SET labellerId =
        (SELECT labellerId FROM assignment WHERE assignment.id = assignmentId);
      CREATE INDEX draftOfLabeller ON draft(labellerId);
      """)
  try Baseline.record(db)
}
