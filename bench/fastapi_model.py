"""The model of bench/serve.ts behind FastAPI, as its users write it: pydantic checks the row, torch computes."""
import sys
from pathlib import Path

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

sys.path.insert(0, str(Path.cwd()))
import iris

torch.set_num_threads(1)
model = iris.load()
columns = iris.PREPROCESSING["columns"]
center = torch.tensor([column["scaling"]["center"] for column in columns])
scale = torch.tensor([column["scaling"]["scale"] for column in columns])
classes = iris.PREPROCESSING["answers"]["classes"][0]
app = FastAPI()


class Row(BaseModel):
    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/predict")
async def predict(row: Row):
    x = torch.tensor([[row.sepal_length, row.sepal_width, row.petal_length, row.petal_width]])
    with torch.no_grad():
        return {"prediction": classes[int(model((x - center) / scale).argmax())]}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error")
