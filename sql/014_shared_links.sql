-- SPDX-License-Identifier: MIT
-- Links that users make: they show what the link names and its maker may share at the time of the request. Applied by
-- `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

-- creator is the name of the user; '': the operator, whose links nothing else limits.
ALTER TABLE link
    ADD creator_groups text NOT NULL DEFAULT '', -- those that the web server named when the link was made
    ADD profile text NOT NULL DEFAULT '';        -- of de-identification; '': the original

CREATE INDEX link_of_creator ON link (creator, id) WHERE creator <> '';

-- The catalogue as a user's link shows it: wadozip_granted with the settings of the maker, and of that only what the link
-- names. wadozip.link is the link's principal.
CREATE SCHEMA wadozip_shared;
COMMENT ON SCHEMA wadozip_shared IS 'wadozip: the catalogue as a link of a user shows it';

CREATE VIEW wadozip_shared.own_thing AS
    SELECT g.what FROM wadozip.grant_ g
    WHERE g.who = current_setting('wadozip.link', true)
      AND (g.expires IS NULL OR g.expires > now())
      AND (g.profile IS NULL OR g.profile = current_setting('wadozip.profile', true));

CREATE VIEW wadozip_shared.series AS
    SELECT se.* FROM wadozip_granted.series se
    WHERE EXISTS (SELECT FROM wadozip.study s JOIN wadozip_shared.own_thing t
                      ON t.what = ANY (ARRAY['study ' || s.uid, 'series ' || se.uid])
                  WHERE s.id = se.study_id);

-- A link names few studies: they are found first. A study without a series to show is not shown.
CREATE VIEW wadozip_shared.study AS
    SELECT s.* FROM wadozip.study s
    WHERE s.id IN (SELECT x.id FROM wadozip_shared.own_thing t JOIN wadozip.study x ON x.uid = substr(t.what, 7)
                   WHERE t.what LIKE 'study %'
                   UNION ALL
                   SELECT se.study_id FROM wadozip_shared.own_thing t JOIN wadozip.series se ON se.uid = substr(t.what, 8)
                   WHERE t.what LIKE 'series %')
      AND EXISTS (SELECT FROM wadozip_shared.series se WHERE se.study_id = s.id);

CREATE VIEW wadozip_shared.instance AS
    SELECT i.* FROM wadozip.instance i
    WHERE EXISTS (SELECT FROM wadozip_shared.series se WHERE se.id = i.series_id);

CREATE VIEW wadozip_shared.gone AS
    SELECT x.* FROM wadozip_granted.gone x
    WHERE EXISTS (SELECT FROM wadozip_shared.own_thing t
                  WHERE t.what = ANY (ARRAY['study ' || x.study_uid, 'series ' || x.series_uid]));

CREATE VIEW wadozip_shared.collection AS
    SELECT c.* FROM wadozip_granted.collection c
    WHERE NOT EXISTS (SELECT FROM wadozip.collection_series m WHERE m.collection_id = c.id AND NOT EXISTS (
              SELECT FROM wadozip.study s JOIN wadozip_shared.series se ON se.study_id = s.id
              WHERE s.uid = m.study_uid AND se.uid = m.series_uid));

CREATE VIEW wadozip_shared.collection_series AS
    SELECT m.* FROM wadozip.collection_series m
    WHERE EXISTS (SELECT FROM wadozip_shared.collection c WHERE c.id = m.collection_id);

CREATE VIEW wadozip_shared.collection_archive AS
    SELECT a.* FROM wadozip.collection_archive a
    WHERE EXISTS (SELECT FROM wadozip_shared.collection c WHERE c.id = a.collection_id);

-- The audit names the user. of_who: address, blank, name, as in the log.
CREATE FUNCTION audit_by(of_who text) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    SELECT set_config('wadozip.by', of_who, true)
$$;

CREATE OR REPLACE FUNCTION audit_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
DECLARE
    actor text := coalesce(nullif(current_setting('wadozip.by', true), ''), '- operator:' || session_user);
BEGIN
    INSERT INTO audit (at, last, who, client, act, resource, content, tag, length, requests, bytes, status, outcome)
    VALUES (now(), now(), split_part(actor, ' ', 2), split_part(actor, ' ', 1), 'link', 'link ' || NEW.id,
            CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'revoked' END, '', 0, 1, 0, 0, 'complete');
    RETURN NULL;
END $$;

-- As add_link() of 011, with a profile of de-identification; '': the original.
CREATE FUNCTION add_link(of_token bytea, things text[], of_label text, of_creator text, of_profile text, seconds bigint,
                         of_passcode text, most int, of_syntax text, with_dicomdir boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    added bigint := add_link(of_token, things, of_label, of_creator, seconds, of_passcode, most, of_syntax, with_dicomdir);
BEGIN
    UPDATE link SET profile = of_profile WHERE id = added;
    UPDATE grant_ SET profile = nullif(of_profile, '') WHERE who = 'link:' || added;
    RETURN added;
END $$;

-- Make a link of a user. The caller has checked what the user may share. These two run with the rights of the schema's
-- owner, so that readers need none on the tables, and change links of users alone.
CREATE FUNCTION share_link(of_token bytea, things text[], of_label text, of_creator text, of_groups text, of_profile text,
                           seconds bigint, of_passcode text, most int, of_syntax text, with_dicomdir boolean, of_who text)
    RETURNS TABLE (link_id bigint, until text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
DECLARE
    added bigint;
BEGIN
    IF of_creator = '' THEN
        RAISE check_violation USING MESSAGE = 'a shared link has a creator';
    END IF;
    PERFORM audit_by(of_who);
    added := add_link(of_token, things, of_label, of_creator, of_profile, seconds, of_passcode, most, of_syntax,
                      with_dicomdir);
    UPDATE link SET creator_groups = of_groups WHERE id = added;
    RETURN QUERY SELECT added, to_char(l.expires AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM link l
        WHERE l.id = added;
END $$;

-- Revoke a link of a user. Gives whether it is one.
CREATE FUNCTION unshare_link(of_id bigint, of_creator text, of_who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM audit_by(of_who);
    UPDATE link SET revoked = coalesce(revoked, now()) WHERE id = of_id AND creator = of_creator AND creator <> '';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM grant_ WHERE who = 'link:' || of_id;
    RETURN true;
END $$;
