ALTER USER root@localhost IDENTIFIED WITH auth_socket;
DROP USER IF EXISTS 'debian-sys-maint'@'localhost';
CREATE USER operator@localhost IDENTIFIED WITH auth_socket;
-- To audit: everything may be read.
GRANT SELECT, SHOW DATABASES, SHOW VIEW, PROCESS, RELOAD, EVENT, TRIGGER, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO operator@localhost;
-- To operate: fence, promote, repair.
GRANT REPLICATION_SLAVE_ADMIN, REPLICATION_APPLIER, GROUP_REPLICATION_ADMIN, SYSTEM_VARIABLES_ADMIN, SESSION_VARIABLES_ADMIN,
    PERSIST_RO_VARIABLES_ADMIN, CONNECTION_ADMIN, BINLOG_ADMIN, BACKUP_ADMIN, CLONE_ADMIN, FLUSH_STATUS ON *.* TO operator@localhost;
-- For what an operation has to remember on the databases themselves.
GRANT ALL ON foobar_ops.* TO operator@localhost;
RESET BINARY LOGS AND GTIDS;
