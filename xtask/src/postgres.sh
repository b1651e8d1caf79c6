# A private PostgreSQL for one run of the tests. Called as: sh postgres.sh <folder of the PostgreSQL programs>
# Prints the folder of its socket once it answers, and lives exactly as long as its standard input is open: so it ends
# with whoever started it, however that ended.
set -eu
bin=$1
home=$(mktemp -d "${TMPDIR:-/tmp}/chancery-postgres-XXXXXX")
server=
end() {
    # Nothing in it is worth a checkpoint.
    [ -z "$server" ] || { kill -QUIT "$server" 2>/dev/null && wait "$server"; } || true
    rm -rf "$home"
}
trap end EXIT
# Ctrl-C goes to the whole group of the terminal; what ends this is its closed input, so that it can clean up.
trap '' INT TERM HUP PIPE
"$bin/initdb" --pgdata "$home/data" --username chancery --auth trust --encoding UTF8 --no-locale >"$home/log" 2>&1 ||
    { cat "$home/log" >&2; exit 1; }
"$bin/postgres" -D "$home/data" -k "$home" -c listen_addresses= -c max_connections=300 >>"$home/log" 2>&1 &
server=$!
tries=0
until "$bin/pg_isready" --quiet --host "$home"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$home/log" >&2
        exit 1
    fi
    sleep 0.1
done
echo "$home"
cat >/dev/null
