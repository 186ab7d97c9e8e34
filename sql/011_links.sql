-- SPDX-License-Identifier: MIT
-- Links: what they show is granted to the principal link:ID. Applied by `wadozip migrate` in one transaction with the search
-- path wadozip, pg_temp.

CREATE TABLE link (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32), -- the token itself is not stored
    label text NOT NULL DEFAULT '' CHECK (length(label) <= 200),
    creator text NOT NULL DEFAULT '' CHECK (length(creator) <= 200),
    created timestamptz NOT NULL DEFAULT now(),
    expires timestamptz NOT NULL,
    revoked timestamptz,
    passcode text, -- salt and scrypt (RFC 7914) in hexadecimal digits; NULL: none
    wrong_tries int NOT NULL DEFAULT 0 CHECK (wrong_tries BETWEEN 0 AND 5), -- 5: locked
    max_downloads int CHECK (max_downloads > 0),
    downloads int NOT NULL DEFAULT 0,
    transfer_syntax text NOT NULL DEFAULT '', -- '': the default
    dicomdir boolean NOT NULL DEFAULT false
);

-- Things: as grant_.what.
CREATE FUNCTION add_link(of_token bytea, things text[], of_label text, of_creator text, seconds bigint, of_passcode text,
                         most int, of_syntax text, with_dicomdir boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    added bigint;
    missing text;
BEGIN
    SELECT t INTO missing FROM unnest(things) t
    WHERE NOT EXISTS (SELECT FROM study WHERE uid = substr(t, 7) AND t LIKE 'study %')
      AND NOT EXISTS (SELECT FROM series WHERE uid = substr(t, 8) AND t LIKE 'series %')
      AND NOT EXISTS (SELECT FROM collection WHERE 'collection ' || id = t);
    IF FOUND THEN
        RAISE no_data_found USING MESSAGE = format('there is no %s in the catalogue', missing);
    END IF;
    INSERT INTO link (token_sha256, label, creator, expires, passcode, max_downloads, transfer_syntax, dicomdir)
    VALUES (of_token, of_label, of_creator, now() + seconds * interval '1 s', of_passcode, most, of_syntax, with_dicomdir)
    RETURNING id INTO added;
    PERFORM add_grant('link:' || added, t, NULL, NULL, 3, 0) FROM unnest(things) t;
    RETURN added;
END $$;
