"""Two nodes of a cloud on one PostgreSQL, each in a network of its own, all of a test's own."""
import pathlib
import secrets
import shutil
import subprocess

import room as rooms
from cloud import HOST, Authority, Cloud, name_addresses
from networks import Networks
from tap import Skip, check, wait_until

BRIDGE, FIRST, SECOND = "10.79.0.1", "10.79.0.2", "10.79.0.3"


def database(room):
    """A PostgreSQL of the test's own; its password."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise Skip("PostgreSQL is not installed")
    programs, folder, password = found[-1].parent, room.folder / "postgres", secrets.token_hex(12)
    room.folder.chmod(0o711)
    folder.mkdir()
    given = folder / "password"
    given.write_text(password)
    for path in folder, given:
        shutil.chown(path, "postgres", "postgres")

    def as_postgres(*command):
        return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", *map(str, command)]
    subprocess.run(as_postgres(programs / "initdb", "-D", folder / "data", "-U", "lectern", "-A", "scram-sha-256", "--pwfile",
                               given, "--no-sync"), check=True, capture_output=True, cwd="/")
    with open(folder / "data/pg_hba.conf", "a", encoding="utf-8") as rules:
        rules.write("host all all 10.79.0.0/24 scram-sha-256\n")
    server = rooms.Process(room, "postgres", as_postgres(programs / "postgres", "-D", folder / "data", "-h", BRIDGE, "-k", folder))
    server.expected_to_crash = True
    environment = {"PGPASSWORD": password, "PATH": "/usr/bin"}

    def ready():
        check(server.running(), server.err())
        return subprocess.run(["psql", "-h", BRIDGE, "-U", "lectern", "-qc", "create database ejabberd", "postgres"],
                              env=environment, capture_output=True, check=False).returncode == 0
    wait_until(ready, 60, lambda: f"PostgreSQL\n{server.err()}", every=0.3)
    schema = next(pathlib.Path("/usr/share").glob("ejabberd/sql/pg.new.sql"), None) or next(
        pathlib.Path("/usr/lib").glob("**/ejabberd*/priv/sql/pg.new.sql"), None)
    if not schema:
        raise Skip("ejabberd's tables for PostgreSQL are not installed")
    subprocess.run(["psql", "-h", BRIDGE, "-U", "lectern", "-q", "-v", "ON_ERROR_STOP=1", "-f", schema, "ejabberd"], env=environment,
                   check=True, capture_output=True)
    return password


def plug(bridge, end, address, name):
    rooms.ip("link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1")
    rooms.ip("link", "set", f"{name}0", "netns", str(end))
    rooms.ip("address", "add", f"{address}/24", "dev", f"{name}0", inside=end)
    rooms.ip("link", "set", f"{name}0", "up", inside=end)
    rooms.ip("link", "set", f"{name}1", "master", bridge, "up")


def make_nodes(room, **settings):
    """(first, second), both up. settings: as Cloud's."""
    rooms.ip("link", "add", "cluster", "type", "bridge")
    rooms.ip("address", "add", f"{BRIDGE}/24", "dev", "cluster")
    rooms.ip("link", "set", "cluster", "up")
    password = database(room)
    name_addresses(room.folder, **{HOST: [FIRST, SECOND]})
    authority = Authority(room.folder)
    common = {"STORE": "sql", "SQL_SERVER": BRIDGE, "SQL_DATABASE": "ejabberd", "SQL_USER": "lectern", "SQL_PASSWORD": password,
              "RELAY_SECRET": secrets.token_hex(16), **settings}
    made = []
    for name, own, other in ("na", FIRST, SECOND), ("nb", SECOND, FIRST):
        inside = Networks.namespace(room, name)
        plug("cluster", inside, own, name)
        made.append(Cloud(room, own, inside, authority=authority, name_it=False, start=False, NODES=f"{own} {other}",
                          NODE_ADDRESS=own, **common))
    made[0].start()
    made[1].join(made[0])
    return made
