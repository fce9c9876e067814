-- A mark is set and taken back by messages that come in any order: one that was taken back never returns, a younger one stays.
CREATE FUNCTION note_no_show(p_invitee_uri text, p_no_show_uri text, p_marked_at timestamptz, p_is_removed boolean)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_stored meeting_invitees;
    v_is_set boolean;
BEGIN
    SELECT * INTO v_stored FROM meeting_invitees i WHERE i.uri = p_invitee_uri FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    v_is_set := v_stored.no_show_uri IS NOT DISTINCT FROM p_no_show_uri;
    IF p_is_removed OR v_stored.no_show_removed_uri = p_no_show_uri OR is_no_show_taken_back(p_no_show_uri) THEN
        IF NOT v_is_set AND v_stored.no_show_removed_uri = p_no_show_uri THEN
            RETURN 'outdated';
        END IF;
        UPDATE meeting_invitees i
        SET no_show_uri = CASE WHEN NOT v_is_set THEN i.no_show_uri END,
            no_show_at = CASE WHEN NOT v_is_set THEN i.no_show_at END,
            no_show_removed_uri = p_no_show_uri, synced_via_webhook = true, updated_at = now()
        WHERE i.uri = p_invitee_uri;
        RETURN CASE WHEN p_is_removed THEN 'updated' ELSE 'outdated' END;
    END IF;
    IF v_is_set OR p_marked_at < v_stored.no_show_at THEN
        RETURN 'outdated';
    END IF;
    UPDATE meeting_invitees i
    SET no_show_uri = p_no_show_uri, no_show_at = p_marked_at, synced_via_webhook = true, updated_at = now()
    WHERE i.uri = p_invitee_uri;
    RETURN 'updated';
END
$$;
COMMENT ON FUNCTION note_no_show(text, text, timestamptz, boolean) IS 'Set an invitee''s no-show mark, known by its own URI, or take it back. Returns updated; outdated (known, taken back before, or a younger mark is set); unknown: the invitee is not stored.';
