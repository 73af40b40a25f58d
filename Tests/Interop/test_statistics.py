"""Agreement, strengths and error rates of `plumbline agreement` against PyPI's judges.

Each data set is imported as judgements in the `rankings` format, so that what is tested is the
whole way from a file to the report.
"""

import csv
import itertools
import json
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from plumbline_testing.workspace import Workspace


class Dataset(Workspace):
    """Judgements in a workspace of their own, and the report on them."""

    def __init__(self, folder, records, questions):
        super().__init__(folder)
        self.records = records
        overlap = max(Counter(record["prompt_id"] for record in records).values())
        self.add_task("judged", json.dumps(
            {"slug": "judged", "title": {"en": "Judged"}, "overlap": overlap,
             "questions": questions}))
        self.import_rows(records, "judged")
        self.report = self.agreement()

    def agreement(self, *words):
        return self.run("agreement", "judged", *words)

    def question(self, name):
        return next(q for q in self.report["questions"] if q["question"] == name)


def record(prompt, labeller, answers, ranking, number, **answered):
    """One line of the `rankings` format; answers are (id, source, text)."""
    return {
        "task": "judged", "prompt_id": prompt,
        "prompt": [{"role": "user", "content": f"Prompt {prompt}"}],
        "responses": [{"id": i, "text": text, "source": source} for i, source, text in answers],
        "ranking": ranking, "ratings": {}, "flags": {}, "prompt_flags": [], "strength": None,
        "confidence": None, "rationale": None, "demonstration": None, "labeller": labeller,
        "shown_order": [i for i, _, _ in answers], "assignment_seed": 1, "active_seconds": None,
        "revision": 1, "created_at": f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:"
        f"{number % 60:02}.000Z", "split": None,
    } | answered


# MARK: The data


@pytest.fixture(scope="session")
def votes(data):
    """The votes of llmfao as (unit, worker, model x, model y, who won, row)."""
    rows = list(csv.DictReader((data / "llmfao/crowd-comparisons.csv").open()))
    winner = {"left": "x", "right": "y", "tie": None}
    return [
        (f"{r['prompt']}-{r['model_x']}-{r['model_y']}", r["worker"], r["left"], r["right"],
         winner[r["winner"]], r)
        for r in rows
    ]


@pytest.fixture(scope="session")
def llmfao(data, votes, tmp_path_factory):
    """All votes of llmfao; who lost gets a flag."""
    texts = {}
    for line in (data / "llmfao/results.jsonl").open():
        row = json.loads(line)
        texts[str(row["prompt"]), str(row["model"])] = row["result"]
    records = []
    for number, (unit, worker, left, right, won, row) in enumerate(votes):
        ranking = [["x", "y"]] if won is None else [["x"], ["y"]] if won == "x" else [["y"], ["x"]]
        answers = [
            ("x", left, texts[row["prompt"], row["model_x"]]),
            ("y", right, texts[row["prompt"], row["model_y"]]),
        ]
        lost = {"x": "y", "y": "x"}.get(won)
        flags = {lost: ["worse"]} if lost else {}
        records.append(record(unit, f"w{worker}", answers, ranking, number, flags=flags))
    questions = {"ranking": {"ties": True}, "flags": ["worse"]}
    return Dataset(tmp_path_factory.mktemp("llmfao"), records, questions)


@pytest.fixture(scope="session")
def full(llmfao, tmp_path_factory):
    """The pairs of llmfao that five workers judged: Fleiss' kappa needs equal numbers."""
    counts = Counter(r["prompt_id"] for r in llmfao.records)
    records = [r for r in llmfao.records if counts[r["prompt_id"]] == 5]
    questions = {"ranking": {"ties": True}}
    return Dataset(tmp_path_factory.mktemp("full"), records, questions)


@pytest.fixture(scope="session", params=[1, 2, 3])
def made(request, tmp_path_factory):
    """Random rankings of two to five answers with ties, ratings and flags, by three of six."""
    dice = random.Random(request.param)
    records = []
    for prompt in range(80):
        ids = [f"r{i}" for i in range(dice.randint(2, 5))]
        answers = [(i, dice.choice("pqrs"), "word " * dice.randint(1, 60)) for i in ids]
        worth = {i: dice.gauss(0, 1) for i in ids}
        for labeller in dice.sample(range(6), 3):
            seen = {i: round(worth[i] + dice.gauss(0, 0.3 + 0.2 * labeller)) for i in ids}
            ranking = [[i for i in ids if seen[i] == v] for v in sorted(set(seen.values()))[::-1]]
            records.append(
                record(
                    f"q{prompt}", f"labeller-{labeller + 1}", answers, ranking, len(records),
                    ratings={i: min(7, max(1, 4 + seen[i])) for i in ids},
                    flags={i: ["bad"] for i in ids if seen[i] < dice.choice([-1, 0])},
                )
            )
    questions = {"ranking": {"ties": True}, "rating": {"scale": 7}, "flags": ["bad"]}
    return Dataset(tmp_path_factory.mktemp("made"), records, questions)


def places(record):
    return {i: place for place, group in enumerate(record["ranking"]) for i in group}


def ranks(record):
    """Ranks from 1, ties sharing their mean."""
    from scipy.stats import rankdata

    found = places(record)
    return dict(zip(found, rankdata(list(found.values()))))


def by_prompt(records):
    groups = defaultdict(list)
    for one in records:
        groups[one["prompt_id"]].append(one)
    return groups


def units(records, question):
    """What labellers gave to the same thing: {unit: {labeller: value}}."""
    found = defaultdict(dict)
    for one in records:
        ids = [response["id"] for response in one["responses"]]
        prompt, who, place = one["prompt_id"], one["labeller"], places(one)
        if question == "pairs":
            for a, b in itertools.combinations(ids, 2):
                found[prompt, a, b][who] = 1 + np.sign(place[a] - place[b])
        for i in ids:
            if question == "places":
                found[prompt, i][who] = ranks(one)[i]
            elif question == "rating":
                found[prompt, i][who] = one["ratings"][i]
            elif question == "flags":
                found[prompt, i][who] = int(bool(one["flags"].get(i)))
    return found


def alpha(found, level):
    import krippendorff

    who = sorted({labeller for unit in found.values() for labeller in unit})
    table = [[unit.get(labeller, np.nan) for unit in found.values()] for labeller in who]
    return krippendorff.alpha(reliability_data=table, level_of_measurement=level)


# MARK: Agreement


def check_alphas(dataset, question, found, levels):
    for level in levels:
        ours = dataset.question(question)[f"alpha{level.title()}"]
        assert ours["value"] == pytest.approx(alpha(found, level), abs=1e-9), level
        assert ours["low"] <= ours["value"] <= ours["high"]


def test_alpha_of_the_crowd_is_krippendorffs(llmfao):
    check_alphas(llmfao, "ranking", units(llmfao.records, "pairs"), ["nominal"])
    check_alphas(llmfao, "flags.worse", units(llmfao.records, "flags"), ["nominal"])


def test_alpha_of_random_judgements_is_krippendorffs(made):
    check_alphas(made, "ranking", units(made.records, "pairs"), ["nominal"])
    check_alphas(made, "ranking", units(made.records, "places"), ["ordinal", "interval"])
    check_alphas(
        made, "rating", units(made.records, "rating"), ["nominal", "ordinal", "interval"]
    )


def kappa(found):
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    table, _ = aggregate_raters([list(unit.values()) for unit in found.values()])
    return fleiss_kappa(table)


def test_fleiss_kappa_is_statsmodels(full, made):
    for dataset, question, kind in [
        (full, "ranking", "pairs"), (made, "ranking", "pairs"), (made, "flags.bad", "flags"),
    ]:
        ours = dataset.question(question)["fleissKappa"]["value"]
        assert ours == pytest.approx(kappa(units(dataset.records, kind)), abs=1e-9)


def test_kendalls_tau_is_scipys(llmfao, made):
    from scipy.stats import kendalltau

    for dataset in (llmfao, made):
        taus = []
        for judgements in by_prompt(dataset.records).values():
            for one, other in itertools.combinations(judgements, 2):
                ids = sorted(places(one))
                left, right = ([places(r)[i] for i in ids] for r in (one, other))
                if len(set(left)) > 1 and len(set(right)) > 1:
                    taus.append(kendalltau(left, right).statistic)
        ours = dataset.question("ranking")["kendallTau"]
        assert ours["count"] == len(taus)
        assert ours["value"] == pytest.approx(np.mean(taus), abs=1e-9)


def test_pairwise_agreement_and_its_bootstrap_are_numpys(llmfao):
    alike, pairs = [], []
    for judgements in by_prompt(llmfao.records).values():
        orders = [len(r["ranking"]) > 1 and r["ranking"][0][0] for r in judgements]
        decided = [order for order in orders if order]
        both = list(itertools.combinations(decided, 2))
        alike.append(sum(a == b for a, b in both))
        pairs.append(len(both))
    alike, pairs = np.array(alike), np.array(pairs)
    dice = np.random.default_rng(1)
    drawn = dice.integers(0, len(pairs), (2000, len(pairs)))
    low, high = np.quantile(alike[drawn].sum(1) / pairs[drawn].sum(1), [0.025, 0.975])

    ours = llmfao.report["pairwise"]

    assert ours["value"] == pytest.approx(alike.sum() / pairs.sum(), abs=1e-12)
    assert ours["count"] == pairs.sum()
    # Both are random; the width is some 0.04.
    assert ours["low"] == pytest.approx(low, abs=0.005)
    assert ours["high"] == pytest.approx(high, abs=0.005)


# MARK: Policies


def comparisons(records):
    """Decided pairs twice and ties once each way: half wins without fractions."""
    found = []
    for one in records:
        source = {r["id"]: r["source"] for r in one["responses"]}
        place = places(one)
        for a, b in itertools.combinations(source, 2):
            if source[a] == source[b]:
                continue
            if place[a] == place[b]:
                found += [(source[a], source[b]), (source[b], source[a])]
            else:
                best, worst = sorted((a, b), key=place.get)
                found += [(source[best], source[worst])] * 2
    return found


def strengths(report, kind="strength"):
    return {p["name"]: p[kind]["value"] for p in report["policies"]["policies"]}


def centred(names, values):
    values = np.asarray(values) - np.mean(values)
    return dict(zip(names, values))


def test_strengths_are_choix_with_and_without_a_ridge(llmfao, made):
    import choix

    for dataset in (llmfao, made):
        found = comparisons(dataset.records)
        names = sorted({name for pair in found for name in pair})
        numbers = [(names.index(winner), names.index(loser)) for winner, loser in found]

        exact = centred(names, choix.ilsr_pairwise(len(names), numbers, alpha=0, tol=1e-12))
        ours = strengths(dataset.agreement("--regularisation", 0))
        assert ours == pytest.approx(exact, abs=1e-6)

        # Every comparison counts twice here, and so must the penalty.
        ridged = centred(
            names, choix.opt_pairwise(len(names), numbers, alpha=0.02, tol=1e-12))
        assert strengths(dataset.report) == pytest.approx(ridged, abs=1e-4)


def test_strengths_are_crowd_kits(made):
    import pandas as pd
    from crowdkit.aggregation import BradleyTerry

    found = comparisons(made.records)
    table = pd.DataFrame(
        [{"worker": "w", "left": a, "right": b, "label": a} for a, b in found])
    # With a tolerance above 0 crowd-kit 1.4.2 stops at its second step: it compares an array
    # with itself.
    scores = BradleyTerry(n_iter=5000, tol=0).fit_predict(table)

    ours = strengths(made.agreement("--regularisation", 0))

    assert ours == pytest.approx(centred(scores.index, np.log(scores.values)), abs=1e-6)


@pytest.mark.filterwarnings("ignore")  # statsmodels is unsure of weights with clusters
def test_length_controlled_strengths_and_their_errors_are_statsmodels(llmfao):
    import statsmodels.api as sm

    names = sorted({r["source"] for one in llmfao.records for r in one["responses"]})
    rows, wins, weights, lengths = [], [], [], []
    for judgements in by_prompt(llmfao.records).values():
        x, y = judgements[0]["responses"]
        row = np.zeros(len(names))
        row[names.index(x["source"])], row[names.index(y["source"])] = 1, -1
        rows.append(row)
        lengths.append(len(x["text"].encode()) - len(y["text"].encode()))
        won = [0.5 if len(r["ranking"]) == 1 else r["ranking"][0] == ["x"] for r in judgements]
        wins.append(np.mean(won))
        weights.append(len(won))
    lengths = np.array(lengths)
    covariate = np.tanh(lengths / np.sqrt(np.mean(lengths**2)))
    # The first policy is at 0, for statsmodels needs a full rank.
    table = np.column_stack([np.array(rows)[:, 1:], covariate])
    model = sm.GLM(wins, table, family=sm.families.Binomial(), var_weights=weights)
    fit = model.fit(
        tol=1e-12, cov_type="cluster",
        cov_kwds={"groups": np.arange(len(rows)), "use_correction": False})

    report = llmfao.agreement("--regularisation", 0)

    expected = centred(names, [0, *fit.params[:-1]])
    assert strengths(report, "controlledStrength") == pytest.approx(expected, abs=1e-6)
    effect = report["policies"]["lengthEffect"]
    assert effect["value"] == pytest.approx(fit.params[-1], abs=1e-6)
    groups = len(rows)
    error = fit.bse[-1] * np.sqrt(groups / (groups - 1))
    assert (effect["high"] - effect["value"]) / 1.959964 == pytest.approx(error, rel=1e-4)


# MARK: Labellers


@pytest.mark.filterwarnings("ignore")  # crowd-kit 1.4.2 uses what pandas 4 will drop
def test_error_rates_are_crowd_kits(llmfao, made):
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    for dataset, flag in ((llmfao, "worse"), (made, "bad")):
        found = units(dataset.records, "flags")
        table = pd.DataFrame(
            [{"task": str(unit), "worker": who, "label": value}
             for unit, marks in found.items() if len(marks) > 1 for who, value in marks.items()])
        model = DawidSkene(n_iter=400, tol=-1 if dataset is made else 1e-7).fit(table)

        prevalence = next(f for f in dataset.report["flags"] if f["flag"] == flag)
        assert prevalence["prevalence"] == pytest.approx(model.priors_[1], abs=1e-4)
        assert prevalence["marked"] == pytest.approx(table["label"].mean(), abs=1e-12)
        compared = 0
        for labeller in dataset.report["labellers"]:
            for one in labeller["flags"]:
                errors = model.errors_.loc[labeller["labeller"]]
                for ours, given in (("sensitivity", 1), ("specificity", 0)):
                    if given in errors.index:
                        assert one[ours] == pytest.approx(errors.loc[given, given], abs=1e-3)
                        compared += 1
        assert compared >= 10


def test_reliability_goes_with_agreement(llmfao):
    from scipy.stats import spearmanr

    known = [one for one in llmfao.report["labellers"] if one["comparedPrompts"] >= 30]
    assert len(known) > 30
    found = spearmanr(
        [one["reliability"]["value"] for one in known],
        [one["agreement"]["value"] for one in known],
    )
    assert found.statistic > 0.8


def test_tables_show_the_same_numbers(made):
    printed = made.output("agreement", "judged").decode()
    assert f"{100 * made.report['pairwise']['value']:.1f} %" in printed
    assert f"{made.question('ranking')['alphaNominal']['value']:.3f}" in printed
    for labeller in made.report["labellers"]:
        assert labeller["labeller"] in printed
