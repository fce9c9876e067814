-- An invitee's row remembers the last mark that was taken back; of the ones before it the deliveries know, as long as they are kept.
CREATE FUNCTION is_no_show_taken_back(p_no_show_uri text)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (SELECT FROM calendly_webhook_events e WHERE e.delivery_key = 'invitee_no_show.deleted ' || p_no_show_uri)
$$;
COMMENT ON FUNCTION is_no_show_taken_back(text) IS 'Whether a kept delivery says that the no-show mark with that URI was taken back. Null: false.';
