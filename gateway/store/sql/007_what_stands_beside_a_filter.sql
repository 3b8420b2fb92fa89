-- What a list leaves out by its second filter is known from the index of the first: of millions of rows that are left out
-- none is looked up.

DROP INDEX event_by_source;
DROP INDEX event_by_state;
DROP INDEX event_by_outcome;

CREATE INDEX event_by_source ON event (source, received_at, seq, type);
CREATE INDEX event_by_state ON event (state, received_at, seq, source, type, outcome);
CREATE INDEX event_by_outcome ON event (outcome, received_at, seq, source, type, state) WHERE outcome IS NOT NULL;
