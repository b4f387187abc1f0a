-- Who may decide a request beyond its deadline is told of it, once; who made it is not. Whom others
-- have delegated their approvals to holds the same role in the same area and is told anyway.
-- In: %(kinds)s and %(roles)s (which roles decide which kind), %(at)s, %(today)s.
INSERT INTO core_notification (staff_id, kind, subject, target_id, event, area_id, at)
SELECT DISTINCT holder.id, 'OVERDUE', request.kind, request.id, request.id::text, request.area_id,
       %(at)s::timestamptz
FROM core_approvalrequest request
JOIN core_area place ON place.id = request.area_id
JOIN unnest(%(kinds)s::text[], %(roles)s::text[]) AS power(kind, role) ON power.kind = request.kind
JOIN core_rolegrant granted ON granted.role = power.role AND granted.period @> %(today)s::date
JOIN core_area over ON over.id = granted.area_id AND starts_with(place.path, over.path)
JOIN core_staff holder ON holder.id = granted.staff_id AND holder.is_active
                      AND holder.staff_no <> request.maker_staff_no
WHERE request.state = 'PENDING' AND request.due_at < %(at)s
  AND NOT EXISTS (SELECT FROM core_subscription wish
                  WHERE wish.staff_id = holder.id AND wish.kind = 'OVERDUE' AND NOT wish.is_on)
ON CONFLICT DO NOTHING
