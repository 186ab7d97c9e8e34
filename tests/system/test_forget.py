# SPDX-License-Identifier: MIT
"""wadozip forget when the database breaks off or ends a statement: it is done once, and what it says is true."""
import select
import shutil
import socket

import corpus
import harness
from cut import Relay
from operator_site import small  # noqa: F401  (a fixture)

FORGET = b'SELECT forget('


class Severed(Relay):
    """A database's socket; it forgets the study over it, and nobody is informed."""
    NAME = '.s.PGSQL.5432'

    def __init__(self, folder, database):
        self.target, self.asked = str(database / self.NAME), 0
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / self.NAME))
        listener.listen()
        self.listen(listener)

    def _relay(self, client):
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self.target)
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    (server if one is client else client).sendall(data)
                    if one is client and FORGET in data and corpus.uid('study').encode() in data:
                        self.asked += 1
                        server.recv(65536)  # it has committed
                        return


def test_what_was_done_is_not_reported_as_not_found(small):
    site, _ = small
    folder, direct = harness.temporary('wzsevered-'), site.settings['database']
    relay = Severed(folder, site.pg.folder)
    try:
        site.write_config(database=direct.replace(str(site.pg.folder), str(folder)))
        result = site.cli('forget', '1.2.3', corpus.uid('study'))  # the second over a connection that is there
    finally:
        relay.close()
        shutil.rmtree(folder)
    assert result.err.count('there is no study') == 1 and result.code == 2, result
    assert 'whether it was done before is not known' in result.err, result
    assert relay.asked == 1 and site.count(corpus.uid('study')) == 0
    site.write_config(database=direct)
    assert 'there is no study' in site.cli('forget', corpus.uid('study')).err


def test_a_deadlock_is_not_reported(small):
    """As with a responder that writes down what it has learned of the same instances."""
    site, _ = small
    site.sql("""SET search_path = wadozip; CREATE SEQUENCE tries; CREATE FUNCTION give_way() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN IF nextval('wadozip.tries') < 3 THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END IF; RETURN NULL; END $$;
        CREATE TRIGGER give_way AFTER DELETE ON instance FOR EACH STATEMENT EXECUTE FUNCTION give_way()""")
    assert site.cli('forget', corpus.uid('study')).out == f'{corpus.uid("study")}: 3 instances forgotten\n'
    assert site.sql('SELECT last_value FROM wadozip.tries') == [['3']] and site.cli('doctor').code == 0
