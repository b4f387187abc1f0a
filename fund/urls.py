"""Routes of the fund; each stands in the access matrix (bureau/access.toml)."""

from django.urls import path

from fund.views import books, vouchers

app_name = "fund"

urlpatterns = [
    path("fund/books/", books.BookList.as_view(), name="book-list"),
    path("fund/books/<int:pk>/", books.BookDetail.as_view(), name="book-detail"),
    path("fund/books/<int:pk>/vouchers/new/", vouchers.VoucherCreate.as_view(),
         name="voucher-create"),
    path("fund/books/<int:pk>/accounts/<int:account>/", books.Ledger.as_view(), name="ledger"),
    path("fund/vouchers/", vouchers.VoucherList.as_view(), name="voucher-list"),
    path("fund/vouchers/<int:pk>/", vouchers.VoucherDetail.as_view(), name="voucher-detail"),
    path("fund/vouchers/<int:pk>/change/", vouchers.VoucherChange.as_view(),
         name="voucher-change"),
    path("fund/vouchers/<int:pk>/submit/", vouchers.VoucherSubmit.as_view(),
         name="voucher-submit"),
    path("fund/vouchers/<int:pk>/discard/", vouchers.VoucherDiscard.as_view(),
         name="voucher-discard"),
    path("fund/vouchers/<int:pk>/reverse/", vouchers.VoucherReverse.as_view(),
         name="voucher-reverse"),
]  # fmt: skip
