-- SHA-256 of files, learnt where a manifest needed them. Applied by `wadozip migrate` in one transaction with the search
-- path wadozip, pg_temp.

-- Of another crc32 than the instance's it is void.
CREATE TABLE digest (
    instance_id bigint PRIMARY KEY REFERENCES instance ON DELETE CASCADE,
    crc32 crc32 NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32)
);
