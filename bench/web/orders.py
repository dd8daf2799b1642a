"""The same endpoint as in contenders.ts, on FastAPI: uvicorn orders:app"""

from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field


class Item(BaseModel):
    sku: str
    price: float
    count: Annotated[int, Field(ge=1)]


class Order(BaseModel):
    customer: Annotated[str, Field(min_length=1, max_length=100)]
    items: list[Item]
    note: str | None = None


class Receipt(BaseModel):
    id: int
    customer: str
    sum: float
    lines: int


app = FastAPI()


@app.post("/orders")
async def bill(order: Order) -> Receipt:
    total = sum(item.price * item.count for item in order.items)
    return Receipt(id=7, customer=order.customer, sum=total, lines=len(order.items))
