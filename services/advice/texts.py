"""What tips say, in English; the French is in the catalogue beside. `%(name)s` is a figure of evidence."""


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated when read."""
    return text


TITLES = {
    "standby_load.strong": _("About %(eur_year)s a year leaks away while you sleep"),
    "standby_load.notice": _("Your appliances on standby could cost you %(eur_year)s a year less"),
    "standby_load.share": _("Standby weighs heavily on your bill: about %(eur_year)s a year to win back"),
    "offpeak_shift.shift": _("About %(eur_year)s a year less by running two machines at another hour"),
    "offpeak_shift.base_is_cheaper": _(
        "The single-price tariff would cost you about %(eur_year)s a year less"
    ),
    "offpeak_shift.peak_offpeak_is_cheaper": _(
        "Peak and off-peak prices would cost you about %(eur_year)s a year less"
    ),
    "subscribed_power.too_high": _("You pay for power you never use: %(eur_year)s a year to save"),
    "subscribed_power.too_low": _("Your electricity is close to cutting out: here is how to avoid it"),
}

TEXTS = {
    "standby_load.strong": _(
        "Between 2 and 5 in the morning, over %(nights)s nights, your home drew about"
        " %(night_floor_w)s watts even at its quietest: like %(bulbs)s LED bulbs lit day and night. That"
        " costs about %(cost_eur_year)s a year. An average home is at %(typical_w)s watts; coming down to"
        " that would save you about %(eur_year)s a year."
    ),
    "standby_load.notice": _(
        "Between 2 and 5 in the morning, over %(nights)s nights, your home drew about %(night_floor_w)s watts"
        " even at its quietest: like %(bulbs)s LED bulbs lit day and night. That costs about"
        " %(cost_eur_year)s a year. At the level of an average home, %(typical_w)s watts, you would pay"
        " about %(eur_year)s less a year."
    ),
    "standby_load.share": _(
        "You use little electricity, well done. Of what you use, %(share_percent)s %% is appliances that stay"
        " on day and night: %(night_floor_w)s watts, like %(bulbs)s LED bulbs that are never switched off,"
        " about %(cost_eur_year)s a year. Unplugging what you do not need can win back about %(eur_year)s a"
        " year."
    ),
    "offpeak_shift.shift": _(
        "You pay less for electricity between %(offpeak_hours)s, but only %(offpeak_share_percent)s %% of"
        " what you use falls in those hours. Below %(break_even_percent)s %% this tariff costs more than the"
        " single price. Running the dishwasher and the washing machine in the cheap hours saves about"
        " %(eur_year)s a year."
    ),
    "offpeak_shift.base_is_cheaper": _(
        "Your contract has cheap hours (%(offpeak_hours)s) and dearer ones. Over %(days)s days only"
        " %(offpeak_share_percent)s %% of your electricity was used in the cheap hours; it pays from"
        " %(break_even_percent)s %% up. With the same habits, the single-price tariff would cost about"
        " %(eur_year)s a year less."
    ),
    "offpeak_shift.peak_offpeak_is_cheaper": _(
        "Over %(days)s days, at least %(offpeak_share_percent)s %% of your electricity was used at hours that"
        " a peak and off-peak contract makes cheaper, whichever hours apply in your street. It pays from"
        " %(break_even_percent)s %% up: with the same habits you would pay about %(eur_year)s a year less."
    ),
    "subscribed_power.too_high": _(
        "You pay for %(subscribed_kva)s kVA: that is how much may run at the same time. Over %(days)s days,"
        " winter included, your home needed at most %(highest_kva)s. With %(next_kva)s kVA everything would"
        " run as before, and you would pay about %(eur_year)s a year less."
    ),
    "subscribed_power.too_low": _(
        "On %(days_at_limit)s of the last %(days)s days your home reached the %(subscribed_kva)s kVA of its"
        " contract: that is how much may run at the same time. Beyond it the meter cuts the power. You can"
        " avoid that without paying more."
    ),
}

_STANDBY_STEPS = (
    _("Put the television, its box and the game console on a power strip with a switch, off at night."),
    _("Unplug chargers, the coffee machine and the second fridge or freezer you hardly use."),
    _("Ask the internet box to sleep at night, in its settings."),
    _("Not sure what it is? Switch things off one by one and look at your meter: we can help."),
)
_SUPPLIER = _("Before you sign, ask your supplier whether the change is free and when it starts.")
STEPS = {
    "standby_load.strong": (
        _("Look first for something left on: an electric heater, an old freezer, a pump, an aquarium."),
        *_STANDBY_STEPS,
    ),
    "standby_load.notice": _STANDBY_STEPS,
    "standby_load.share": _STANDBY_STEPS,
    "offpeak_shift.shift": (
        _("Set the delayed start of the dishwasher and the washing machine inside your cheap hours."),
        _("Check that the water heater runs at night only."),
        _("Nothing suits you? Then ask your supplier for the single price: about %(switch_eur_year)s less."),
    ),
    "offpeak_shift.base_is_cheaper": (
        _("Ask your supplier for the single-price tariff (“base”)."),
        _("Or move about %(kwh_to_move_week)s kWh a week to the cheap hours: one machine cycle is about 1."),
        _SUPPLIER,
    ),
    "offpeak_shift.peak_offpeak_is_cheaper": (
        _("Ask your supplier for peak and off-peak prices, and which hours apply at your address."),
        _SUPPLIER,
    ),
    "subscribed_power.too_high": (
        _("Ask your supplier for %(next_kva)s kVA. The meter is set from afar, for about %(change_eur)s."),
        _("Planning an electric car or electric heating? Then wait: you may need the power."),
    ),
    "subscribed_power.too_low": (
        _("Do not run the oven, the washing machine and a heater at the same time: it costs nothing."),
        _("Let the water heater and the machines run at night, one after the other."),
        _("If it still cuts out, %(next_kva)s kVA instead costs about %(step_up_eur_year)s a year more."),
    ),
}

WHY_NOT = {
    "too_few_nights": _("We need at least two weeks of nights before we can say anything."),
    "too_few_days": _("We need at least four weeks of readings before we can say anything."),
    "night_masked": _("At night a heater or the water heater hides everything else: we cannot see standby."),
    "heating_hides_floor": _(
        "Your heating runs at night: we can see standby only once it is off, in spring."
    ),
    "heating_needs_a_year": _("With electric heating, only a whole year shows which tariff suits you."),
    "no_winter_seen": _("We have not seen a winter yet: your highest power comes with the cold."),
    "needs_a_year": _("We need a whole year to be sure that a lower power is enough."),
    "peaks_not_measured": _("Your meter does not show its peaks: only a whole year could replace them."),
    "standby_is_modest": _("Your standby is low: nothing to gain there, well done."),
    "tariff_fits": _("Your tariff suits your habits."),
    "power_fits": _("Your subscribed power suits your home."),
    "subscribed_power_unknown": _("We do not know your subscribed power: it is on your electricity bill."),
    "offpeak_hours_unknown": _("We do not know your off-peak hours: they are on your electricity bill."),
    "half_hourly_needed": _(
        "Advice needs half-hourly readings. You have not allowed them; you can at any time."
    ),
}
