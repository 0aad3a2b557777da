"""A day says whether it stands on its own record because readings of it are gone.

Partitions are everybody's: that one was dropped says nothing about days that were told afterwards, from
readings that came after it. Days that were settled again since one was dropped keep standing as they did.
"""

from alembic import op

revision = "metering_0013"
down_revision = "metering_0012"
branch_labels = None
depends_on = None

# As in 0007, and one column more. See services/metering/day_rows.py for the layout of `body`.
_REASONS = (
    "ARRAY['no_contract', 'no_price', 'no_offpeak_hours', 'tempo_colour_unknown', 'no_slots',"
    " 'no_tariff_for_fluid']"
)
_ALL_MEASURED = """CASE get_byte(r.body, 1) WHEN 48 THEN '{"measured": 48}'::jsonb
        WHEN 46 THEN '{"measured": 46}'::jsonb WHEN 50 THEN '{"measured": 50}'::jsonb END"""
_COLUMNS = f"""
    s.meter, s.quantity, r.day, s.coop, s.occupancy,
    CASE WHEN get_byte(r.body, 0) & 2 <> 0 THEN substr(r.body, 14) END AS packed,
    substr(r.body, 6, 8) AS digest,
    get_byte(r.body, 1) AS slots,
    coalesce((r.extra ->> 'value')::bigint, r.value) AS value,
    coalesce(r.extra -> 'quality', {_ALL_MEASURED}) AS quality,
    r.cost_eur,
    coalesce(r.extra ->> 'cost_reason', ({_REASONS})[get_byte(r.body, 0) >> 2]) AS cost_reason,
    nullif((get_byte(r.body, 2) << 16) + (get_byte(r.body, 3) << 8) + get_byte(r.body, 4), 16777215)::bigint
        AS peak_va,
    r.revision,
    '2020-01-01 00:00:00+00'::timestamptz + r.closed_s * '1 second'::interval AS closed_at,
    get_byte(r.body, 0) & 1 <> 0 AS is_frozen,
    r.extra -> 'findings' AS findings,
    (r.extra -> 'quality') ? 'suspect' AS has_suspect,
    r.series"""
_FROM = """
FROM metering.day_row r JOIN metering.series s ON s.id = r.series
WHERE palier.sees(s.coop) OR NOT row_security_active('metering.series')
"""
_ON_RECORD = "coalesce((r.extra ->> 'on_record')::boolean, false) AS is_on_record"
_MARK = """
UPDATE metering.day_row r SET extra = coalesce(r.extra, '{}'::jsonb) || '{"on_record": true}'::jsonb
WHERE r.revision > 1 AND EXISTS (
    SELECT 1 FROM metering.raw_gone g WHERE g.first <= r.day + 1 AND g.until > r.day - 1
      AND r.closed_s > extract(epoch FROM g.gone_at - '2020-01-01 00:00:00+00'::timestamptz))
"""


def upgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW metering.day AS SELECT {_COLUMNS}, {_ON_RECORD} {_FROM}")
    # The owner may be no superuser, and sees rows for writing only while nobody else is let in.
    op.execute("ALTER TABLE metering.day_row NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE metering.raw_gone NO FORCE ROW LEVEL SECURITY")
    op.execute(_MARK)
    op.execute("ALTER TABLE metering.day_row FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE metering.raw_gone FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("DROP VIEW metering.day")
    op.execute(f"CREATE VIEW metering.day AS SELECT {_COLUMNS} {_FROM}")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON metering.day FROM metering_web, metering_work")
