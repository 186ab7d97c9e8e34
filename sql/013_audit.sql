-- SPDX-License-Identifier: MIT
-- Audit: one row a transfer. Applied by `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,   -- of the first request
    last timestamptz NOT NULL, -- of the last one
    who text NOT NULL,         -- user, link:ID, or '-'
    client text NOT NULL,      -- address
    act text NOT NULL CHECK (act IN ('retrieve', 'search', 'link')),
    resource text NOT NULL,
    content text NOT NULL,     -- as the label "form" of /metrics
    tag text NOT NULL,         -- entity tag; '': none
    length bigint NOT NULL,    -- of the whole representation; 0: not known
    requests int NOT NULL,
    bytes bigint NOT NULL,     -- sent, of all requests
    status int NOT NULL,       -- of the last request; 0: it has not ended
    outcome text NOT NULL CHECK (outcome IN ('begun', 'complete', 'partial', 'aborted', 'refused'))
);

CREATE INDEX audit_in_order ON audit (at);
CREATE INDEX audit_of_transfer ON audit (tag, who, last) WHERE tag <> '';
CREATE INDEX audit_of_resource ON audit (resource);

-- Lines of a spool file that are recorded, so that a replay that was interrupted repeats none.
CREATE TABLE audit_batch (
    batch text PRIMARY KEY,
    lines int NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- Record entries in their order. Requests for ranges of the same bytes by the same user at the same address are one transfer,
-- if less than ten minutes lie between them. An entry with `begun` true announces a response; the one after it ends it.
-- batch: of a spool file, whose entries before were recorded by earlier calls; NULL: no file. days: rows that are older
-- are deleted now and then; 0: never. Runs with the rights of the schema's owner: readers cannot change what is recorded.
CREATE FUNCTION audit_add(of_batch text, entries json, days int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
DECLARE
    done int := 0;
    e record;
    row_id bigint;
BEGIN
    IF of_batch IS NOT NULL THEN
        INSERT INTO audit_batch (batch, lines) VALUES (of_batch, 0) ON CONFLICT DO NOTHING;
        SELECT lines INTO done FROM audit_batch WHERE batch = of_batch FOR UPDATE;
        UPDATE audit_batch SET lines = json_array_length(entries) WHERE batch = of_batch;
    END IF;
    FOR e IN SELECT to_timestamp(t.at) AS at, t.begun, t.announced, t.who, t.client, t.act, t.resource, t.content, t.tag,
                    t.length, t.bytes, t.status, t.outcome
             FROM json_array_elements(entries) WITH ORDINALITY AS j (value, n)
             CROSS JOIN json_to_record(j.value) AS t (at double precision, begun boolean, announced boolean, who text,
                 client text, act text, resource text, content text, tag text, length bigint, bytes bigint, status int,
                 outcome text)
             WHERE n > done ORDER BY n LOOP
        row_id := NULL;
        IF e.tag <> '' AND e.outcome <> 'refused' AND (e.announced OR e.status = 206) THEN
            SELECT a.id INTO row_id FROM audit a
            WHERE a.tag = e.tag AND a.who = e.who AND a.client = e.client AND a.resource = e.resource AND a.content = e.content
              AND a.last > e.at - interval '10 min' ORDER BY a.last DESC LIMIT 1 FOR UPDATE;
        END IF;
        IF row_id IS NULL THEN
            INSERT INTO audit (at, last, who, client, act, resource, content, tag, length, requests, bytes, status, outcome)
            VALUES (e.at, e.at, e.who, e.client, e.act, e.resource, e.content, e.tag, e.length, 1, e.bytes, e.status,
                    e.outcome);
        ELSE
            UPDATE audit a SET last = greatest(a.last, e.at), bytes = a.bytes + e.bytes, status = e.status,
                requests = a.requests + CASE WHEN e.announced THEN 0 ELSE 1 END,
                outcome = CASE WHEN e.length > 0 AND a.bytes + e.bytes >= e.length THEN 'complete'
                          WHEN e.outcome = 'complete' AND e.status = 206 THEN 'partial' ELSE e.outcome END
            WHERE a.id = row_id;
        END IF;
    END LOOP;
    IF days > 0 AND random() < 0.001 THEN
        PERFORM audit_expire(days);
    END IF;
END $$;

-- Delete rows of transfers that ended more than so many days ago. Gives their number.
CREATE FUNCTION audit_expire(days int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
DECLARE
    deleted bigint;
BEGIN
    DELETE FROM audit WHERE last < now() - days * interval '1 day';
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM audit_batch WHERE at < now() - interval '30 days';
    RETURN deleted;
END $$;

-- Links are made and revoked by the operator's command.
CREATE FUNCTION audit_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
BEGIN
    INSERT INTO audit (at, last, who, client, act, resource, content, tag, length, requests, bytes, status, outcome)
    VALUES (now(), now(), 'operator:' || session_user, '-', 'link', 'link ' || NEW.id,
            CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'revoked' END, '', 0, 1, 0, 0, 'complete');
    RETURN NULL;
END $$;

CREATE TRIGGER audit_link_made AFTER INSERT ON link FOR EACH ROW EXECUTE FUNCTION audit_link();
CREATE TRIGGER audit_link_revoked AFTER UPDATE OF revoked ON link
    FOR EACH ROW WHEN (OLD.revoked IS NULL AND NEW.revoked IS NOT NULL) EXECUTE FUNCTION audit_link();
