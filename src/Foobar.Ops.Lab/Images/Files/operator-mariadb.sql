DROP DATABASE IF EXISTS test;
CREATE USER operator@localhost IDENTIFIED VIA unix_socket;
-- To audit: everything may be read.
GRANT SELECT, SHOW DATABASES, SHOW VIEW, PROCESS, RELOAD, EVENT, TRIGGER, BINLOG MONITOR, SLAVE MONITOR, REPLICATION SLAVE ON *.* TO operator@localhost;
-- To operate: fence, promote, repair.
GRANT BINLOG ADMIN, BINLOG REPLAY, CONNECTION ADMIN, READ_ONLY ADMIN, REPLICATION MASTER ADMIN, REPLICATION SLAVE ADMIN, SET USER, SUPER ON *.* TO operator@localhost;
-- For what an operation has to remember on the databases themselves.
GRANT ALL ON foobar_ops.* TO operator@localhost;
RESET MASTER;
