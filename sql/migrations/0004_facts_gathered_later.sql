-- Why: an event of a long journey wrote all that had ever been said of it once more, and compressed it.

-- What was gathered since `facts` was packed; laid over it when read, and packed with it when it has grown.
ALTER TABLE journey ADD COLUMN later_facts bytea NOT NULL DEFAULT '';

-- Facts lie outside the row as they are, and stay there untouched while the row changes. Derived rows stay inside and are
-- compressed only where the row would be too long otherwise: compressing them costs more than all else about an event.
ALTER TABLE journey ALTER COLUMN facts SET STORAGE EXTERNAL;
ALTER TABLE journey ALTER COLUMN derived SET STORAGE MAIN;
ALTER TABLE journey ALTER COLUMN later_facts SET STORAGE MAIN;

-- The next version of a row fits beside it, so that no index has to learn where it is.
ALTER TABLE journey SET (fillfactor = 50);
