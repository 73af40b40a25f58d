import GRDB

extension Migration {
  /// Renames columns and tables whose names had another meaning elsewhere, and splits the level of
  /// `claimCursor`, which packed two numbers into one.
  static let nameColumns = Migration(name: "0002 Name columns after what they contain") { db in
    try db.execute(
      sql: """
        DROP INDEX promptOpenByTaken;
        DROP INDEX promptRoutedByPosition;
        DROP INDEX promptRoutedByTaken;
        DROP INDEX promptRoutedByShuffle;
        ALTER TABLE task RENAME COLUMN openings TO queueVersion;
        ALTER TABLE participant RENAME COLUMN exhaustedAt TO exhaustedAtVersion;
        ALTER TABLE prompt RENAME COLUMN taken TO slotsTaken;
        ALTER TABLE prompt RENAME COLUMN wanted TO judgementTarget;
        ALTER TABLE prompt RENAME COLUMN routeId TO segmentId;
        ALTER TABLE route RENAME TO promptSegment;
        ALTER TABLE specialty RENAME TO promptFilter;
        CREATE INDEX promptOpenBySlotsTaken ON prompt(taskId, slotsTaken, position)
          WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0;
        CREATE INDEX promptInSegmentByPosition ON prompt(taskId, segmentId, position)
          WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0
            AND segmentId IS NOT NULL;
        CREATE INDEX promptInSegmentBySlotsTaken ON prompt(taskId, segmentId, slotsTaken, position)
          WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0
            AND segmentId IS NOT NULL;
        CREATE INDEX promptInSegmentByShuffle ON prompt(taskId, segmentId, shuffle, position)
          WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isShuffled = 1
            AND segmentId IS NOT NULL;
        CREATE TABLE splitCursor (
          taskId INTEGER NOT NULL,
          personId INTEGER NOT NULL,
          level INTEGER NOT NULL,
          segmentId INTEGER NOT NULL,
          position INTEGER NOT NULL,
          PRIMARY KEY (taskId, personId, level, segmentId),
          FOREIGN KEY (taskId, personId) REFERENCES participant(taskId, personId)
        ) STRICT, WITHOUT ROWID;
        -- The level was in the lowest seven bits and the segment above them; -1 was the level of gold.
        INSERT INTO splitCursor (taskId, personId, level, segmentId, position)
          SELECT taskId, personId, iif(level < 0, level, level & 127), iif(level < 0, 0, level >> 7),
            position
          FROM claimCursor;
        DROP TABLE claimCursor;
        ALTER TABLE splitCursor RENAME TO claimCursor;
        """)
  }
}
