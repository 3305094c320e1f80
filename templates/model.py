
BOOLEANS = {**dict.fromkeys(["false", "no", "f", "n", "0"], 0), **dict.fromkeys(["true", "yes", "t", "y", "1"], 1)}


def read_safetensors(path):
    """Tensors by name: 8 bytes of length, a JSON header, 32-bit floats."""
    data = bytearray(Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    values = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[start + begin : start + end], dtype=torch.float32)
        values[name] = flat.reshape(entry["shape"])
    return values


def load(path=Path(__file__).with_suffix(".safetensors")):
    """The trained network, ready to answer."""
    model = Model()
    model.load_state_dict(read_safetensors(path), strict=False)
    return model.eval()


def encode(rows):
    """Rows, dicts of values by column (for images: lists of numbers), as the network's input [rows, inputs]."""
    return torch.tensor([_encode_row(row) for row in rows], dtype=torch.float64).float()


def predict(model, rows):
    """One dict per row: "prediction", or "prediction_<name>" each, and "probabilities" where there are any."""
    with torch.no_grad():
        outputs = model(encode(rows)).double()
    return [_decode(row) for row in outputs]


def _encode_row(row):
    if PREPROCESSING["columns"] is None:
        values = torch.tensor(row, dtype=torch.float64).flatten().tolist()
        return [_scale(value, PREPROCESSING["scaling"]) for value in values]
    return [x for column in PREPROCESSING["columns"] for x in _encode_value(column, row[column["name"]])]


def _encode_value(column, value):
    x = _read(column, value)
    indicator = [float(x is None)] if column["indicator"] else []
    if x is None:
        if column["fill"] is None:
            raise ValueError(f'"{column["name"]}" is missing, and the model has no stand-in for it')
        x = column["fill"]
    if column["type"] != "category":
        return [*_expand(_scale(x, column["scaling"]), column.get("expansion")), *indicator]
    level = column["unseen"] if x < 0 else x
    if column["scaling"]:
        return [0.0 if level < 0 else _scale(level, column["scaling"]), *indicator]
    return [float(slot == level) for slot in range(column["slots"])] + indicator


def _read(column, value):
    """A number, 0 or 1, or a level's number (-1 for an unseen one); None if missing."""
    if value is None or value != value:
        return None
    text = str(value)
    if text.strip() in column["missing"]:
        return None
    if column["type"] == "number":
        number = float(text)
        sentinels = [float(word) for word in column["missing"] if _is_number(word)]
        return None if number in sentinels else number
    if column["type"] == "boolean":
        word = text.strip().lower()
        word = str(int(float(word))) if _is_number(word) else word
        if word not in BOOLEANS:
            raise ValueError(f'"{column["name"]}" is {text!r}, not a boolean')
        return BOOLEANS[word]
    level = dict(column["levels"]).get(text)
    if level is None and column["refusesUnseen"]:
        raise ValueError(f'"{column["name"]}" is {text!r}, which training had not seen')
    return -1 if level is None else level


def _scale(x, scaling):
    if scaling["name"] == "quantile_normal":
        return NormalDist().inv_cdf(min(1 - 1e-7, max(1e-7, _rank(x, scaling["quantiles"]))))
    if scaling["name"] == "log":
        x = math.copysign(math.log1p(abs(x)), x)
    z = (x - scaling["center"]) / scaling["scale"]
    return z / math.hypot(1, z / 3) if scaling["name"] == "robust_clip" else z


def _expand(x, expansion):
    """The inputs that a number becomes."""
    if expansion is None:
        return [x]
    if expansion["name"] == "periodic":
        angles = [2 * math.pi * c * x for c in expansion["frequencies"]]
        return [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles]
    edges = expansion["edges"]
    shares = [(x - start) / (end - start) for start, end in zip(edges, edges[1:])]
    last = len(shares) - 1
    return [min(math.inf if k == last else 1.0, max(-math.inf if k == 0 else 0.0, s)) for k, s in enumerate(shares)]


def _rank(x, quantiles):
    """Where x lies among ascending quantiles, from 0 to 1."""
    last = len(quantiles) - 1
    if last < 1:
        return 0.5
    below, up_to = bisect_left(quantiles, x), bisect_right(quantiles, x)
    if up_to > below:
        return (below + up_to - 1) / 2 / last
    if below == 0 or below > last:
        return float(below > 0)
    left = quantiles[below - 1]
    return (below - 1 + (x - left) / (quantiles[below] - left)) / last


def _decode(outputs):
    read = PREPROCESSING["answers"]
    names, classes, labels, scalings, link = (
        read[key] for key in ("names", "classes", "labels", "scalings", "link")
    )
    if scalings:
        numbers = [s.item() * by["scale"] + by["center"] for s, by in zip(outputs, scalings)]
        numbers = [math.exp(x) for x in numbers] if link == "exp" else numbers
        answer = _named(names, numbers)
        if link == "gaussian":
            spreads = [math.exp(s.item() / 2) * abs(by["scale"]) for s, by in zip(outputs[len(names) :], scalings)]
            answer.update(_named(names, spreads, "sd"))
        return answer
    if classes and len(classes) > 1:
        parts = outputs.split([len(of) for of in classes])
        said = [of[part.argmax().item()] for of, part in zip(labels, parts)]
        shares = [dict(zip(of, part.softmax(0).tolist())) for of, part in zip(classes, parts)]
        return {**_named(names, said), "probabilities": dict(zip(names, shares))}
    outputs = outputs / read.get("temperature", 1)
    each = classes[0] if classes else names
    answer = {}
    if link == "softmax":
        answer["probabilities"] = dict(zip(each, outputs.softmax(0).tolist()))
    elif link == "sigmoid":
        p = outputs.sigmoid().tolist()
        p = [torch.sigmoid(-outputs[0]).item(), *p] if len(each) == 2 and len(p) == 1 else p
        answer["probabilities"] = dict(zip(each, p))
    if thresholds := read.get("thresholds"):
        p = list(answer["probabilities"].values())[-len(thresholds) :]
        said = [int(value > cut) for value, cut in zip(p, thresholds)]
        return {**({"prediction": labels[0][said[0]]} if classes else _named(names, said)), **answer}
    if classes:
        best = int(outputs[0] > 0) if len(outputs) == 1 else int(outputs.argmax())
        return {"prediction": labels[0][best], **answer}
    threshold = 0 if link == "sigmoid" else 0.5
    return {**_named(names, [int(s > threshold) for s in outputs]), **answer}


def _named(names, values, what="prediction"):
    if len(names) == 1:
        return {what: values[0]}
    return {f"{what}_{name}": value for name, value in zip(names, values)}


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


if __name__ == "__main__":
    rows = csv.DictReader(sys.stdin) if PREPROCESSING["columns"] else map(json.loads, sys.stdin)
    for answer in predict(load(), rows):
        print(json.dumps(answer))
