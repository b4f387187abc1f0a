"""Fund books, vouchers, periods, budget and bank; knows no person."""
