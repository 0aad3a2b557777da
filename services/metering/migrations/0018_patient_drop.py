"""Making and dropping partitions: nobody waits for them who they wait for.

Whoever deletes what is of a household locks the tables, then their partitions. A drop that had its partition
and waited for the tables was waited for in turn, and the database undid the deletion after a second, for each
partition anew. Now all locks are taken together, within moments or not at all, and asked for again.
"""

from importlib import import_module

from alembic import op

revision = "metering_0018"
down_revision = "metering_0017"
branch_labels = None
depends_on = None

_BEFORE = import_module("services.metering.migrations.0011_packed_intervals")


def upgrade() -> None:
    op.create_index("meter_state_coop", "meter_state", ["coop"], schema="metering")
    op.execute(_TOGETHER)
    op.execute("REVOKE ALL ON FUNCTION metering.lock_together(text) FROM PUBLIC")
    _make(
        _BEFORE._ADD.replace(
            "LOCK TABLE metering.reading__pdefault, metering.interval__pdefault IN ACCESS EXCLUSIVE MODE;",
            "PERFORM metering.lock_together('metering.reading__pdefault, metering.interval__pdefault');",
        ),
        _DROP,
    )


def downgrade() -> None:
    _make(_BEFORE._ADD, _BEFORE._DROP)
    op.execute("DROP FUNCTION metering.lock_together(text)")
    op.drop_index("meter_state_coop", "meter_state", schema="metering")


def _make(*functions: str) -> None:
    for function in functions:
        op.execute(function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


# Who waits in line for a table makes all others wait behind: so only for moments, and never into a deadlock,
# which the database looks for after a second.
_TOGETHER = """
CREATE FUNCTION metering.lock_together(tables text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '150ms' AS $$
BEGIN
    FOR attempt IN 1..12 LOOP
        BEGIN
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', tables);
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            IF attempt = 12 THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.02 + 0.1 * random());
    END LOOP;
END
$$
"""
# What a register said last must outlive its partition: what the meter says next is measured against it. Which
# registers are silent since is looked for before anything is locked.
_DROP = """
CREATE FUNCTION metering.drop_reading_partition(first date, until date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1500ms' AS $$
DECLARE
    part text;
    twin text;
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
    twin := 'interval' || substr(part, 8);
    CREATE TEMP TABLE last_words ON COMMIT DROP AS SELECT * FROM metering.reading_row WITH NO DATA;
    CREATE TEMP TABLE silent_since (meter text, register text) ON COMMIT DROP;
    EXECUTE format(
        'INSERT INTO silent_since SELECT g.meter, g.register FROM metering.meter_register g'
        ' WHERE g.kind = ''register'''
        ' AND EXISTS (SELECT 1 FROM metering.%I p WHERE p.meter = g.meter AND p.register = g.register)'
        ' AND NOT EXISTS (SELECT 1 FROM metering.reading_row n'
        ' WHERE n.meter = g.meter AND n.register = g.register AND n.instant >= %L)',
        part, until::timestamp AT TIME ZONE 'UTC');
    PERFORM metering.lock_together(format(
        'ONLY metering.reading_row, ONLY metering.interval_row, metering.%I, metering.%I', part, twin));
    EXECUTE format(
        'INSERT INTO last_words SELECT r.* FROM silent_since g CROSS JOIN LATERAL ('
        ' SELECT * FROM metering.%I p WHERE p.meter = g.meter AND p.register = g.register'
        ' ORDER BY p.instant DESC LIMIT 24) r',
        part);
    EXECUTE format('DROP TABLE metering.%I, metering.%I', part, twin);
    INSERT INTO metering.reading_row SELECT * FROM last_words;
    GET DIAGNOSTICS kept = ROW_COUNT;
    DROP TABLE last_words;
    DROP TABLE silent_since;
    INSERT INTO metering.raw_gone (first, until, coop, gone_at)
    VALUES (drop_reading_partition.first, drop_reading_partition.until, '*', now())
    ON CONFLICT ON CONSTRAINT raw_gone_pkey DO UPDATE SET gone_at = now();
    RETURN kept;
END
$$
"""
