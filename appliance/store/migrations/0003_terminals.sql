-- What each named terminal of this centre last said of itself: how many messages it keeps that are not registered yet.
CREATE TABLE ops_terminal (
    name TEXT NOT NULL PRIMARY KEY,
    heard_at INTEGER NOT NULL,
    waiting INTEGER NOT NULL,      -- sent by itself as soon as it can be
    aside INTEGER NOT NULL         -- refused for good; somebody must look
) STRICT;
