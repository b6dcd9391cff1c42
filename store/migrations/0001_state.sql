-- One row. epoch counts the changes. seal_salt and seal_check are of the master key. home says which database this is, so
-- that a copy is known as one.
CREATE TABLE meta (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch      BIGINT NOT NULL CHECK (epoch >= 0),
    seal_salt  BYTEA  NOT NULL,
    seal_check BYTEA  NOT NULL,
    home       TEXT   NOT NULL
);

-- What happened, a row a change. It is also the log that nodes follow.
CREATE TABLE audit (
    epoch   BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    account TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL
);
CREATE INDEX audit_by_account ON audit (account, epoch);

-- Every id there ever was, so that none is used again: what was said of the first would be believed of the second.
-- deleted is the time, null while the object lives.
CREATE TABLE ids (
    space   TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    account TEXT   NOT NULL,
    deleted BIGINT,
    PRIMARY KEY (space, id)
);
CREATE INDEX ids_deleted_keys ON ids (account, deleted) WHERE space = 'key' AND deleted IS NOT NULL;

-- How many objects of a kind an account has.
CREATE TABLE counts (
    account TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    n       BIGINT NOT NULL CHECK (n >= 0),
    PRIMARY KEY (account, kind)
);

-- Of the tables below, epoch is the change that made the row: it orders those of equal time. Times are unix nanoseconds.
CREATE TABLE stream_keys (
    id      TEXT   NOT NULL PRIMARY KEY,
    account TEXT   NOT NULL,
    public  BYTEA  NOT NULL,
    created BIGINT NOT NULL,
    epoch   BIGINT NOT NULL
);
CREATE INDEX stream_keys_by_age ON stream_keys (account, created, epoch);

CREATE TABLE own_keys (
    id      TEXT   NOT NULL PRIMARY KEY,
    account TEXT   NOT NULL,
    alg     TEXT   NOT NULL,
    sealed  BYTEA  NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (account, alg)
);

CREATE TABLE relays (
    uid      TEXT   NOT NULL PRIMARY KEY,
    account  TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    config   TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    epoch    BIGINT NOT NULL
);
CREATE INDEX relays_by_age ON relays (account, created, epoch);

CREATE TABLE relay_tokens (
    jti        TEXT   NOT NULL PRIMARY KEY,
    relay      TEXT   NOT NULL REFERENCES relays (uid),
    slot       TEXT   NOT NULL,
    operations TEXT   NOT NULL,
    label      TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    place      BIGINT NOT NULL
);
CREATE INDEX relay_tokens_by_relay ON relay_tokens (relay, created DESC, epoch DESC, place);
CREATE UNIQUE INDEX relay_tokens_by_slot ON relay_tokens (relay, slot) WHERE slot <> '';

CREATE TABLE turn_keys (
    uid      TEXT   NOT NULL PRIMARY KEY,
    account  TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    hash     BYTEA  NOT NULL,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    epoch    BIGINT NOT NULL
);
CREATE INDEX turn_keys_by_age ON turn_keys (account, created, epoch);

-- The processes that follow the epoch: the state of each is at least acked, and it has renewed its lease beats times.
CREATE TABLE nodes (
    id    TEXT   NOT NULL PRIMARY KEY,
    acked BIGINT NOT NULL,
    beats BIGINT NOT NULL,
    lease BIGINT NOT NULL
);
