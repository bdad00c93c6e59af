mysqld --user=mysql --skip-networking --socket=/run/mysqld/build.sock &
server=$!
for i in $(seq 300); do
    mysqladmin --socket=/run/mysqld/build.sock ping >/dev/null 2>&1 && break
    kill -0 "$server"
    sleep 0.1
done
mysql --socket=/run/mysqld/build.sock < /build/schema.sql
mysql --socket=/run/mysqld/build.sock < /build/operator.sql
mysqladmin --socket=/run/mysqld/build.sock shutdown
wait "$server"
