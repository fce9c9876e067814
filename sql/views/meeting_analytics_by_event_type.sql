-- What becomes of bookings, by kind of event.
CREATE VIEW meeting_analytics_by_event_type AS
SELECT
    b.user_id,
    b.event_type_uri,
    (array_agg(b.event_name ORDER BY b.start_time DESC))[1] AS event_name,
    count(*) AS bookings,
    count(*) FILTER (WHERE b.outcome = 'upcoming') AS upcoming,
    count(*) FILTER (WHERE b.outcome = 'held') AS held,
    count(*) FILTER (WHERE b.outcome = 'no_show') AS no_shows,
    count(*) FILTER (WHERE b.outcome = 'canceled') AS canceled,
    count(*) FILTER (WHERE b.outcome = 'missing') AS missing,
    count(*) FILTER (WHERE b.reschedules > 0 OR b.outcome = 'rescheduled') AS rescheduled_bookings,
    sum(b.reschedules) AS reschedules,
    round(
        100.0 * count(*) FILTER (WHERE b.outcome = 'held') / nullif(count(*) FILTER (WHERE b.outcome IN ('held', 'no_show')), 0), 2
    ) AS show_rate,
    round(100.0 * count(*) FILTER (WHERE b.outcome = 'canceled') / nullif(count(*), 0), 2) AS cancellation_rate,
    round(avg(extract(epoch FROM b.start_time - b.first_booked_at) / 3600), 2) AS average_lead_hours,
    round(
        (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM b.start_time - b.first_booked_at) / 3600))::numeric, 2
    ) AS median_lead_hours
FROM meeting_bookings b
GROUP BY b.user_id, b.event_type_uri;
COMMENT ON VIEW meeting_analytics_by_event_type IS 'Show rate, cancellations, reschedules and lead time by event type; event_name is the latest in use.';
COMMENT ON COLUMN meeting_analytics_by_event_type.user_id IS 'Through whose Calendly rollcall came to know the meetings.';
COMMENT ON COLUMN meeting_analytics_by_event_type.bookings IS 'Bookings of persons; a chain of reschedules counts once (see meeting_bookings). The sum of upcoming, held, no_shows, canceled and missing, and of those moved to a date that is not known here.';
COMMENT ON COLUMN meeting_analytics_by_event_type.held IS 'Ended, neither canceled nor marked as a no-show. Calendly does not see who came: a host who marks nobody has a show rate of 100.';
COMMENT ON COLUMN meeting_analytics_by_event_type.canceled IS 'Given up for good, by the invitee or a host.';
COMMENT ON COLUMN meeting_analytics_by_event_type.missing IS 'Calendly no longer serves the event; neither held nor canceled, as far as anybody knows.';
COMMENT ON COLUMN meeting_analytics_by_event_type.rescheduled_bookings IS 'Bookings that were moved at least once.';
COMMENT ON COLUMN meeting_analytics_by_event_type.reschedules IS 'Moves in all.';
COMMENT ON COLUMN meeting_analytics_by_event_type.show_rate IS 'held of held and no_shows, per cent; null where nothing has ended yet.';
COMMENT ON COLUMN meeting_analytics_by_event_type.cancellation_rate IS 'canceled of bookings, per cent; a move is no cancellation.';
COMMENT ON COLUMN meeting_analytics_by_event_type.average_lead_hours IS 'Hours from the first booking of a chain to the start of its last date.';
