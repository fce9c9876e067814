-- Lists that are what they were end at their last page; this is how they learn that what they gave is no longer stored.
-- With the owner's rights: whoever may delete sessions need not be let into our bookkeeping for it.
CREATE FUNCTION forget_attendance_pages()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE zoom_instance_reads r SET page_digests = NULL, losses = r.losses + 1;
    ELSE
        UPDATE zoom_instance_reads r SET page_digests = NULL, losses = r.losses + 1
        WHERE r.instance_id IN (SELECT c.instance_id FROM changed c);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION forget_attendance_pages() IS 'Trigger: the next read of instances that lost sessions takes none of their pages as known.';
