-- Only an update or a delete can make a page mean something again that was stored: what it holds was there already, so nobody can
-- insert it.
-- With the owner's rights: whoever may delete people need not be let into our bookkeeping for it.
CREATE FUNCTION forget_people_pages()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    v_webinars bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        v_webinars := ARRAY(SELECT DISTINCT r.webinar_id FROM zoom_people_reads r);
    ELSE
        v_webinars := ARRAY(SELECT DISTINCT c.webinar_id FROM changed c);
    END IF;
    IF cardinality(v_webinars) = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM lock_people_reads(v_webinars, TG_ARGV[0]);
    UPDATE zoom_people_reads r SET page_digests = '{}', rewrites = r.rewrites + 1
    WHERE r.webinar_id = ANY (v_webinars) AND r.kind = TG_ARGV[0];
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION forget_people_pages() IS 'Trigger: no page of any list of these webinars counts as stored any more, because rows of theirs were updated or deleted. Its argument: registrants or panelists.';
