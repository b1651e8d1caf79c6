-- One fact a row. `fact` is the CBOR that the chain is over; the other columns repeat parts of it for queries.
-- Two writers that both take the next seq cannot both keep it: the key is the compare-and-set.
CREATE TABLE journal (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    fact {bytes} NOT NULL,
    head {bytes} NOT NULL
);
