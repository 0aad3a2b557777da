"""Room for many years: days in small rows behind a view, readings in partitions that are dropped whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "metering_0007"
down_revision = "metering_0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _days()
    _readings()
    _raw_gone()


def downgrade() -> None:
    _days_as_before()
    _readings_as_before()


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable, primary_key=primary_key)


def _days() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
        _text("coop"), _text("meter"), _text("quantity"), _text("occupancy", True),
        sa.Column("last_closed_at", INSTANT), schema="metering",
    )  # fmt: skip
    op.create_index(
        "series_meter", "series", ["meter", "quantity", "occupancy"], unique=True, schema="metering",
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    op.create_index("series_occupancy", "series", ["occupancy"], schema="metering")
    protect(op, "metering", "series")
    op.create_table(
        "day_row",
        sa.Column("series", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("closed_s", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("cost_eur", sa.Numeric(20, 4)),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("extra", JSONB),
        schema="metering",
    )  # fmt: skip
    op.execute("ALTER TABLE metering.day_row ALTER COLUMN body SET STORAGE MAIN")
    op.create_index(
        "day_row_held", "day_row", ["day", "series"], schema="metering",
        postgresql_where=sa.text("(extra -> 'quality') ? 'suspect'"),
    )  # fmt: skip
    op.execute("ALTER TABLE metering.day_row ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE metering.day_row FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY work ON metering.day_row TO metering_work USING (true) WITH CHECK (true)")
    # The web role reads the view only, which is its owner's and asks for the series' cooperative.
    op.execute("REVOKE ALL ON metering.day_row FROM metering_web")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON metering.series FROM metering_web")
    op.execute(
        "INSERT INTO metering.series (coop, meter, quantity, occupancy, last_closed_at)"
        " SELECT coop, meter, quantity, occupancy, max(closed_at) FROM metering.day"
        " GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4"
    )
    op.execute(_DAYS_IN)
    op.execute("DROP TABLE metering.day")
    op.execute(_VIEW)
    op.execute("REVOKE INSERT, UPDATE, DELETE ON metering.day FROM metering_web, metering_work")


# See services/metering/day_rows.py for the layout of `body`.
_REASONS = (
    "ARRAY['no_contract', 'no_price', 'no_offpeak_hours', 'tempo_colour_unknown', 'no_slots',"
    " 'no_tariff_for_fluid']"
)
_ALL_MEASURED = """CASE get_byte(r.body, 1) WHEN 48 THEN '{"measured": 48}'::jsonb
        WHEN 46 THEN '{"measured": 46}'::jsonb WHEN 50 THEN '{"measured": 50}'::jsonb END"""
_DAYS_IN = f"""
INSERT INTO metering.day_row (series, day, value, closed_s, revision, cost_eur, body, extra)
SELECT s.id, d.day, least(d.value, 2147483647),
    extract(epoch FROM d.closed_at - '2020-01-01 00:00:00+00'::timestamptz)::int, d.revision, d.cost_eur,
    substr(int4send(d.slots + 256 * ((CASE WHEN d.is_frozen THEN 1 ELSE 0 END)
        + (CASE WHEN d.packed IS NULL THEN 0 ELSE 2 END)
        + 4 * coalesce(array_position({_REASONS}, d.cost_reason::text), 0))), 3)
    || substr(int4send(least(coalesce(d.peak_va, 16777215), 16777215)::int), 2)
    || substr(d.digest || decode('0000000000000000', 'hex'), 1, 8) || coalesce(d.packed, ''),
    nullif(jsonb_strip_nulls(jsonb_build_object(
        'value', CASE WHEN d.value > 2147483647 THEN d.value END,
        'quality', CASE WHEN d.slots IN (46, 48, 50)
            AND d.quality = jsonb_build_object('measured', d.slots) THEN NULL ELSE d.quality END,
        'findings', d.findings,
        'cost_reason', CASE WHEN array_position({_REASONS}, d.cost_reason::text) IS NULL
            THEN d.cost_reason END)), '{{}}'::jsonb)
FROM metering.day d JOIN metering.series s ON s.meter = d.meter AND s.quantity = d.quantity
    AND s.occupancy IS NOT DISTINCT FROM d.occupancy
ORDER BY s.id, d.day
"""  # noqa: S608 - only constants are formatted in
_VIEW = f"""
CREATE VIEW metering.day AS
SELECT s.meter, s.quantity, r.day, s.coop, s.occupancy,
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
    r.series
FROM metering.day_row r JOIN metering.series s ON s.id = r.series
WHERE palier.sees(s.coop) OR NOT row_security_active('metering.series')
"""  # noqa: S608 - only constants are formatted in


def _days_as_before() -> None:
    op.create_table(
        "day_before",
        _text("meter", primary_key=True), _text("quantity", primary_key=True),
        sa.Column("day", sa.Date, primary_key=True), _text("coop"), _text("occupancy", True),
        sa.Column("packed", sa.LargeBinary), sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False), sa.Column("quality", JSONB, nullable=False),
        sa.Column("cost_eur", sa.Numeric(20, 4)), _text("cost_reason", True),
        sa.Column("peak_va", sa.BigInteger),
        sa.Column("revision", sa.Integer, nullable=False), sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("is_frozen", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("findings", JSONB), schema="metering",
    )  # fmt: skip
    op.execute(
        "INSERT INTO metering.day_before SELECT meter, quantity, day, coop, occupancy, packed, digest, slots,"
        " value, quality, cost_eur, cost_reason, peak_va, revision, closed_at, is_frozen, findings"
        " FROM metering.day"
    )
    op.execute("DROP VIEW metering.day")
    op.execute("DROP TABLE metering.day_row, metering.series")
    op.execute("ALTER TABLE metering.day_before RENAME TO day")
    op.create_index("day_occupancy", "day", ["occupancy", "day"], schema="metering")
    op.create_index(
        "day_held", "day", ["coop", "day", "meter"], schema="metering",
        postgresql_where=sa.text("quality ? 'suspect'"),
    )  # fmt: skip
    protect(op, "metering", "day")


def _reading_table(name: str, partitioned: bool) -> None:
    op.create_table(
        name,
        _text("meter", primary_key=True), _text("register", primary_key=True),
        sa.Column("instant", INSTANT, primary_key=True), _text("coop"), _text("quantity"), _text("kind"),
        sa.Column("step_s", sa.Integer, nullable=False),
        sa.Column("value_milli", sa.BigInteger, nullable=False),
        _text("codec"), sa.Column("received_at", INSTANT, nullable=False), schema="metering",
        postgresql_partition_by="RANGE (instant)" if partitioned else None,
    )  # fmt: skip


def _readings() -> None:
    op.execute("ALTER TABLE metering.reading RENAME TO reading_before")
    op.execute("ALTER INDEX metering.reading_pkey RENAME TO reading_before_pkey")
    _reading_table("reading", partitioned=True)
    protect(op, "metering", "reading")
    op.execute("CREATE TABLE metering.reading__pdefault PARTITION OF metering.reading DEFAULT")
    protect(op, "metering", "reading__pdefault")
    for function in (_PARTITIONS, _ADD, _DROP):
        op.execute(function)
    for signature in ("add_reading_partition(date, date)", "drop_reading_partition(date, date)"):
        op.execute(f"REVOKE ALL ON FUNCTION metering.{signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION metering.{signature} TO metering_work")
    op.execute(
        "CREATE TABLE metering.raw_gone (first date NOT NULL, until date NOT NULL, coop varchar NOT NULL,"
        " gone_at timestamptz NOT NULL, PRIMARY KEY (first, until))"
    )
    op.execute(_FILL)
    op.execute("DROP TABLE metering.reading_before")
    op.add_column("meter_register", sa.Column("first_instant", INSTANT), schema="metering")
    op.execute(
        "UPDATE metering.meter_register g SET first_instant ="
        " (SELECT min(r.instant) FROM metering.reading r"
        "  WHERE r.meter = g.meter AND r.register = g.register)"
    )


def _raw_gone() -> None:
    protect(op, "metering", "raw_gone")


def _readings_as_before() -> None:
    op.execute("ALTER TABLE metering.reading RENAME TO reading_parted")
    op.execute("ALTER INDEX metering.reading_pkey RENAME TO reading_parted_pkey")
    _reading_table("reading", partitioned=False)
    op.execute("INSERT INTO metering.reading SELECT * FROM metering.reading_parted")
    for signature in (
        "add_reading_partition(date, date)", "drop_reading_partition(date, date)", "reading_partitions()"
    ):  # fmt: skip
        op.execute(f"DROP FUNCTION metering.{signature}")
    op.execute("DROP TABLE metering.reading_parted, metering.raw_gone")
    op.drop_column("meter_register", "first_instant", schema="metering")
    protect(op, "metering", "reading")


_PARTITIONS = """
CREATE FUNCTION metering.reading_partitions() RETURNS TABLE (name text, first date, until date)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relname::text, to_date(rpad(p.stamp, 8, '0'), 'YYYYMMDD'),
        CASE length(p.stamp) WHEN 8 THEN to_date(p.stamp, 'YYYYMMDD') + 1
            ELSE (to_date(p.stamp, 'YYYYMM') + '1 month'::interval)::date END
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT substr(c.relname::text, 11) AS stamp) p
    WHERE i.inhparent = 'metering.reading'::regclass AND c.relname ~ '^reading__p([0-9]{8}|[0-9]{6})$'
$$
"""
# The rooms' roles own no table: what changes the layout is done for them, within narrow bounds. A partition
# is made beside the table and attached, which other readers and writers need not wait for; waiting is short.
_ADD = """
CREATE FUNCTION metering.add_reading_partition(first date, until date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    is_day constant boolean := until = first + 1;
    part constant text := 'reading__p' || to_char(first, CASE WHEN is_day THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
    low constant timestamptz := first::timestamp AT TIME ZONE 'UTC';
    high constant timestamptz := until::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF first IS NULL OR until IS NULL
        OR NOT (is_day OR (first = date_trunc('month', first)::date
                           AND until = (first + '1 month'::interval)::date))
        OR first < '2000-01-01' OR until > (now() AT TIME ZONE 'UTC')::date + 62
    THEN
        RAISE EXCEPTION 'a partition is one UTC day or month since 2000' USING ERRCODE = '22023';
    END IF;
    LOCK TABLE ONLY metering.reading IN SHARE UPDATE EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM metering.reading_partitions() p
               WHERE p.first < add_reading_partition.until AND p.until > add_reading_partition.first) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE metering.%I (LIKE metering.reading INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE metering.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE POLICY owner ON metering.%I TO CURRENT_USER USING (true) WITH CHECK (true)', part);
    EXECUTE format('REVOKE ALL ON metering.%I FROM metering_work, metering_web', part);
    LOCK TABLE metering.reading__pdefault IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM metering.reading__pdefault'
        ' WHERE instant >= %L AND instant < %L RETURNING *) INSERT INTO metering.%I SELECT * FROM moved',
        low, high, part);
    EXECUTE format('ALTER TABLE metering.reading ATTACH PARTITION metering.%I FOR VALUES FROM (%L) TO (%L)',
        part, low, high);
    RETURN true;
END
$$
"""
# What a register said last must outlive its partition: what the meter says next is measured against it.
_DROP = """
CREATE FUNCTION metering.drop_reading_partition(first date, until date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    part text;
    kept bigint;
BEGIN
    SELECT p.name INTO part FROM metering.reading_partitions() p
    WHERE p.first = drop_reading_partition.first AND p.until = drop_reading_partition.until;
    IF part IS NULL THEN
        RAISE EXCEPTION 'no such partition' USING ERRCODE = '22023';
    END IF;
    IF until > (now() AT TIME ZONE 'UTC')::date - 7 THEN
        RAISE EXCEPTION 'the last week is never dropped' USING ERRCODE = '22023';
    END IF;
    EXECUTE format('LOCK TABLE metering.%I IN SHARE MODE', part);
    CREATE TEMP TABLE last_words ON COMMIT DROP AS SELECT * FROM metering.reading WITH NO DATA;
    EXECUTE format(
        'INSERT INTO last_words SELECT r.* FROM metering.meter_register g CROSS JOIN LATERAL ('
        ' SELECT * FROM metering.%I p WHERE p.meter = g.meter AND p.register = g.register'
        ' ORDER BY p.instant DESC LIMIT 24) r'
        ' WHERE g.kind = ''register'' AND NOT EXISTS (SELECT 1 FROM metering.reading n'
        ' WHERE n.meter = g.meter AND n.register = g.register AND n.instant >= %L)',
        part, until::timestamp AT TIME ZONE 'UTC');
    LOCK TABLE ONLY metering.reading IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('DROP TABLE metering.%I', part);
    INSERT INTO metering.reading SELECT * FROM last_words;
    GET DIAGNOSTICS kept = ROW_COUNT;
    DROP TABLE last_words;
    INSERT INTO metering.raw_gone (first, until, coop, gone_at)
    VALUES (drop_reading_partition.first, drop_reading_partition.until, '*', now())
    ON CONFLICT ON CONSTRAINT raw_gone_pkey DO UPDATE SET gone_at = now();
    RETURN kept;
END
$$
"""
_FILL = """
DO $$
DECLARE
    today constant date := (now() AT TIME ZONE 'UTC')::date;
    month date;
BEGIN
    FOR day IN 0 .. 52 LOOP
        PERFORM metering.add_reading_partition(today + 7 - day, today + 8 - day);
    END LOOP;
    FOR month IN SELECT DISTINCT date_trunc('month', instant AT TIME ZONE 'UTC')::date
                 FROM metering.reading_before WHERE instant < today - 45 LOOP
        IF (month + '1 month'::interval)::date <= today - 45 THEN
            PERFORM metering.add_reading_partition(month, (month + '1 month'::interval)::date);
        ELSE
            FOR day IN 0 .. 31 LOOP
                PERFORM metering.add_reading_partition(month + day, month + day + 1);
            END LOOP;
        END IF;
    END LOOP;
    INSERT INTO metering.reading SELECT * FROM metering.reading_before;
END
$$
"""
