-- It marks and never refuses: a webinar that can't be judged is stored all the same, and says so.
-- With the owner's rights: whoever may write webinars need not be let at the rules for it.
CREATE FUNCTION mark_webinar_validity()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    BEGIN
        NEW.validation_errors := judge_webinar(NEW);
    EXCEPTION WHEN OTHERS THEN
        -- The message may quote the row, so only its code goes on.
        NEW.validation_errors := jsonb_build_array(jsonb_build_object(
            'rule', 'not_judged', 'severity', 'warning', 'message', format(
                'The rules could not be applied (SQLSTATE %s): validate_webinar_data(%s) shows why.', SQLSTATE, NEW.zoom_webinar_id
            )
        ));
        RAISE WARNING 'Webinar % was stored without being judged (SQLSTATE %): validate_webinar_data(%) shows why.',
            NEW.zoom_webinar_id, SQLSTATE, NEW.zoom_webinar_id;
    END;
    NEW.validation_status := grade_webinar(NEW.validation_errors);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION mark_webinar_validity() IS 'Trigger function: sets validation_status and validation_errors of the row that is written, whatever the caller gave.';
