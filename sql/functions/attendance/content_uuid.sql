-- A short, stable name for content. sha256() is in core everywhere; md5() is refused on hardened machines.
-- STABLE and without a pinned search_path on purpose: only so is it inlined, since convert_to() is STABLE itself. It runs
-- once a row and is more than twice as fast that way.
CREATE FUNCTION content_uuid(p_content text)
RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE STRICT
AS $$
    SELECT encode(substring(sha256(convert_to(p_content, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$;
COMMENT ON FUNCTION content_uuid(text) IS 'The first half of the SHA-256 of a text, as a uuid.';
