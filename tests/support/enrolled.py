"""A box that has an account in a test's cloud, and senders that know the cloud."""
import json
import pathlib

from tap import wait_until


def enrol(folder, jid, password, host):
    """What enrolment leaves in the state folder."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "cloud.json"
    path.touch(0o600)
    path.write_text(json.dumps({"host": host, "jid": jid, "password": password, "pins": []}))


def box_in(cloud, screen, *options, account="room12", room=None, conf="", **more):
    """A receiver with an account of its own (port 443 of this network is the cloud's), and the number of its meeting. conf:
    more lines for its settings; room: where it lives, if not with the cloud."""
    room = room or cloud.room
    jid, password = cloud.register(f"{account}-{len(room.processes)}")
    room.secrets.add(password)
    settings = room.folder / f"box-{len(room.processes)}.conf"
    settings.write_text(f"[cloud]\nserver={cloud.host}\nca={cloud.authority.certificate}\n{conf}")
    enrol(room.folder / f"box-{len(room.processes)}", jid, password, cloud.host)
    box = room.receiver(screen, "--config", settings, "--verbose", port=8443, **more)
    return box, number_of(box)


def number_of(box, patience=30):
    return wait_until(lambda: box.status()["cloud"]["number"], patience, lambda: f"a number\n{box.err()[-3000:]}", every=0.1)


def way_to(cloud):
    """A sender's options."""
    return "--cloud", cloud.host, "--cloud-ca", str(cloud.authority.certificate), "--verbose"


def preferences(cloud, folder):
    """The same as a user's own key file; returns the environment that leads to it."""
    own = pathlib.Path(folder) / "config/lectern"
    own.mkdir(parents=True)
    (own / "share.conf").write_text(f"[share]\ncloud={cloud.host}\ncloud-ca={cloud.authority.certificate}\n")
    return {"XDG_CONFIG_HOME": str(own.parent)}
