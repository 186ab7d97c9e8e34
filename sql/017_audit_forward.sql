-- SPDX-License-Identifier: MIT
-- Audit messages for other systems, which `wadozip audit --forward` makes of the table audit. Applied by `wadozip migrate`
-- in one transaction with the search path wadozip, pg_temp.

ALTER TABLE audit
    ADD study text NOT NULL DEFAULT '',     -- Study Instance UID of the resource; '': of several, or not recorded
    ADD profile text NOT NULL DEFAULT '',   -- of de-identification; '': the original
    ADD entry text NOT NULL DEFAULT '',     -- the newest one in the row: request, and b if it begins, else e
    ADD changes int NOT NULL DEFAULT 1,     -- of the row, its insertion included
    ADD forwarded int NOT NULL DEFAULT 0;   -- value of changes in the newest message that was delivered; 0: none

UPDATE audit SET study = substr(resource, 7) WHERE resource LIKE 'study %';

CREATE INDEX audit_to_forward ON audit (id) WHERE forwarded < changes;

-- As in 013. An entry that ends a response belongs to the row that announced it, however long ago. An entry with `again` true
-- may have been recorded by a call whose answer was lost. Each update counts as a change, so that the row is forwarded again.
CREATE OR REPLACE FUNCTION audit_add(of_batch text, entries json, days int) RETURNS void
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
                    t.length, t.bytes, t.status, t.outcome, coalesce(t.study, '') AS study,
                    coalesce(t.profile, '') AS profile, t.again, t.request || 'b' AS beginning,
                    coalesce(t.request || CASE WHEN t.begun THEN 'b' ELSE 'e' END, '') AS entry
             FROM json_array_elements(entries) WITH ORDINALITY AS j (value, n)
             CROSS JOIN json_to_record(j.value) AS t (at double precision, begun boolean, announced boolean, who text,
                 client text, act text, resource text, content text, tag text, length bigint, bytes bigint, status int,
                 outcome text, study text, profile text, request text, again boolean)
             WHERE n > done ORDER BY n LOOP
        IF e.again AND EXISTS (SELECT FROM audit a WHERE a.resource = e.resource AND a.entry = e.entry) THEN
            CONTINUE;
        END IF;
        row_id := NULL;
        IF e.tag <> '' AND e.outcome <> 'refused' AND (e.announced OR e.status = 206) THEN
            SELECT a.id INTO row_id FROM audit a
            WHERE a.tag = e.tag AND a.who = e.who AND a.client = e.client AND a.resource = e.resource AND a.content = e.content
              AND (a.last > e.at - interval '10 min' OR e.announced AND a.outcome = 'begun')
            ORDER BY e.announced AND a.entry = e.beginning DESC NULLS LAST, e.announced AND a.outcome = 'begun' DESC,
                     a.last DESC, a.id DESC LIMIT 1 FOR UPDATE;
        END IF;
        IF row_id IS NULL THEN
            INSERT INTO audit (at, last, who, client, act, resource, content, tag, length, requests, bytes, status, outcome,
                               study, profile, entry)
            VALUES (e.at, e.at, e.who, e.client, e.act, e.resource, e.content, e.tag, e.length, 1, e.bytes, e.status,
                    e.outcome, e.study, e.profile, e.entry);
        ELSE
            UPDATE audit a SET last = greatest(a.last, e.at), bytes = a.bytes + e.bytes, status = e.status,
                requests = a.requests + CASE WHEN e.announced THEN 0 ELSE 1 END, changes = a.changes + 1, entry = e.entry,
                outcome = CASE WHEN e.length > 0 AND a.bytes + e.bytes >= e.length THEN 'complete'
                          WHEN e.outcome = 'complete' AND e.status = 206 THEN 'partial' ELSE e.outcome END
            WHERE a.id = row_id;
        END IF;
    END LOOP;
    IF days > 0 AND random() < 0.001 THEN
        PERFORM audit_expire(days);
    END IF;
END $$;

-- Delete rows of transfers that ended more than so many days ago; only_forwarded: not those that are still to be
-- forwarded. Gives their number.
DROP FUNCTION audit_expire(int);
CREATE FUNCTION audit_expire(days int, only_forwarded boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
DECLARE
    deleted bigint;
BEGIN
    DELETE FROM audit WHERE last < now() - days * interval '1 day' AND (NOT only_forwarded OR forwarded >= changes);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM audit_batch WHERE at < now() - interval '30 days';
    RETURN deleted;
END $$;

-- Rows whose messages are due, in order. A row that may still change is due when nothing was added to it for ten minutes;
-- a response that has not ended by then has a message for its beginning and one for its end. classes: SOP Classes and
-- numbers of instances, as 'UID NUMBER,UID NUMBER'.
CREATE VIEW audit_due AS
    SELECT a.*, s.patient_id, s.patient_issuer, s.accession,
           (SELECT string_agg(c.sop_class || ' ' || c.n, ',' ORDER BY c.n DESC, c.sop_class)
            FROM (SELECT i.sop_class, count(*) AS n FROM series se JOIN instance i ON i.series_id = se.id
                  WHERE se.study_id = s.id AND a.act = 'retrieve' AND a.outcome <> 'refused' AND i.sop_class <> ''
                    AND (a.resource NOT LIKE 'series %' OR se.uid = substr(a.resource, 8))
                    AND (a.resource NOT LIKE 'instance %' OR i.uid = substr(a.resource, 10))
                  GROUP BY i.sop_class ORDER BY n DESC, i.sop_class LIMIT 32) c) AS classes
    FROM audit a LEFT JOIN study s ON s.uid = a.study
    WHERE a.forwarded < a.changes
      AND (a.outcome IN ('complete', 'refused') OR a.last < now() - interval '10 min');

-- Note that messages were delivered which had the rows as they were after so many changes.
CREATE FUNCTION audit_forwarded(ids bigint[], of_changes int[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
    UPDATE audit a SET forwarded = x.n FROM unnest(ids, of_changes) AS x (id, n) WHERE a.id = x.id AND a.forwarded < x.n
$$;
