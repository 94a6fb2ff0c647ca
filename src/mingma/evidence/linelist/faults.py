"""Why a line list, or a row of one, is not taken.

A refusal of a row may repeat the cell it is about (never a long number): it goes back to whoever
brought the list, and into no log.
"""

from __future__ import annotations

from mingma.kernel.errors import Malformed


class NoHeader(Malformed):
    """No row of headings among the first rows."""

    slug = "linelist.no_header"
    zh = "前 {rows} 行中没有找到表头"
    en = "no row of headings was found among the first {rows} rows"
    remedy_zh = "请保留一行列名,例如:{wanted};或指明表头所在行"
    remedy_en = "keep one row of headings, for example {wanted}; or say which row they are in"


class UnknownListKind(Malformed):
    """A kind that is not brought in by line lists."""

    slug = "linelist.unknown_kind"
    zh = "名单导入不支持 `{value}` 类记录"
    en = "line lists of kind `{value}` are not imported"
    remedy_zh = "可导入:{known}"
    remedy_en = "the kinds are: {known}"


class UnknownListField(Malformed):
    """A mapping or fixed value for a field the kind does not have."""

    slug = "linelist.unknown_field"
    zh = "没有 `{value}` 这个字段可供对应"
    en = "there is no field `{value}` to map to"
    remedy_zh = "可用的字段:{known}"
    remedy_en = "the fields are: {known}"


class NoSuchColumn(Malformed):
    """A mapping to a heading the file does not have."""

    slug = "linelist.no_such_column"
    zh = "文件中没有 `{value}` 这一列"
    en = "the file has no column `{value}`"
    remedy_zh = "文件中的列:{known}"
    remedy_en = "the file's columns are: {known}"


class NotForAll(Malformed):
    """One value for the whole list in a field that tells rows apart."""

    slug = "linelist.not_for_all"
    zh = "`{value}` 不能全表统一给出"
    en = "`{value}` cannot be one value for the whole list"
    remedy_zh = "请指明哪一列是它"
    remedy_en = "say which column it is"


class ColumnTwice(Malformed):
    """Two columns could be the same field."""

    slug = "linelist.column_twice"
    zh = "有几列都像是 `{value}`:{headings}"
    en = "several columns could be `{value}`: {headings}"
    remedy_zh = "请指明用哪一列"
    remedy_en = "say which of them is meant"


class MissingColumn(Malformed):
    """A needed field has neither a column nor a fixed value."""

    slug = "linelist.missing_column"
    zh = "缺少必需的列:{value}"
    en = "needed columns are missing: {value}"
    remedy_zh = "请补上该列,或指明哪一列是它,或给出全表统一的值"
    remedy_en = "add the column, say which column it is, or give one value for the whole list"


class MissingValue(Malformed):
    """An empty cell where a value is needed."""

    slug = "linelist.missing_value"
    zh = "此格不能为空"
    en = "this cell may not be empty"
    remedy_zh = "请填写;没有该信息的行请勿提交"
    remedy_en = "fill it in; do not send rows without it"


class ExtraCells(Malformed):
    """More cells than headings: something has shifted."""

    slug = "linelist.extra_cells"
    zh = "这一行比表头多出内容,各列可能已错位"
    en = "the row has more cells than there are headings; its columns may have shifted"
    remedy_zh = "检查未加引号的分隔符,或给多出的列加上列名"
    remedy_en = "look for a separator that is not quoted, or give the extra column a heading"


class Formula(Malformed):
    """A formula, or what is left of one that failed."""

    slug = "linelist.formula"
    zh = "此格是公式或公式错误,不是值"
    en = "the cell holds a formula or a formula's error, not a value"
    remedy_zh = "复制后“选择性粘贴—数值”"
    remedy_en = "copy the column and paste it as values"


class TextTooLong(Malformed):
    """A text over the limit of every text field."""

    slug = "linelist.text_too_long"
    zh = "文本超过 {limit} 个字符"
    en = "the text has more than {limit} characters"
    remedy_zh = "请缩短"
    remedy_en = "shorten it"


class UnknownWord(Malformed):
    """A word that is not one of the field's."""

    slug = "linelist.unknown_word"
    zh = "`{value}` 不是此列可用的词"
    en = "`{value}` is not a word this column takes"
    remedy_zh = "可用:{wanted}"
    remedy_en = "it takes: {wanted}"


class NotANumber(Malformed):
    """A text where a number belongs."""

    slug = "linelist.not_a_number"
    zh = "`{value}` 不是数字"
    en = "`{value}` is not a number"
    remedy_zh = "只写一个数字,可带 ℃"
    remedy_en = "write one number, with or without ℃"


class NotADate(Malformed):
    """A text that is no date that exists."""

    slug = "linelist.not_a_date"
    zh = "`{value}` 不是能读懂的日期时间"
    en = "`{value}` is not a date that can be read"
    remedy_zh = "请写成 2022-06-14 09:30"
    remedy_en = "write it like 2022-06-14 09:30"


class AmbiguousDate(Malformed):
    """A text that could be several days."""

    slug = "linelist.ambiguous_date"
    zh = "`{value}` 可能是 {readings},无法确定"
    en = "`{value}` could be {readings}"
    remedy_zh = "请写成年在前的形式,如 2022-06-14"
    remedy_en = "write the year first, like 2022-06-14"


class NoYear(Malformed):
    """A date without its year."""

    slug = "linelist.no_year"
    zh = "`{value}` 没有写年份"
    en = "`{value}` has no year"
    remedy_zh = "请补上年份,如 2022-06-14"
    remedy_en = "add the year, like 2022-06-14"


class OutOfOrder(Malformed):
    """Two instants of a row that cannot follow each other."""

    slug = "linelist.out_of_order"
    zh = "此时刻早于“{earlier}”"
    en = "this is before “{earlier}”"
    remedy_zh = "请核对两列;只写了日期的按当日零时计,可补上时刻"
    remedy_en = "check both; a date without a time counts from 00:00, so give the time of day"


class UnknownPlaceName(Malformed):
    """A division that is neither a code nor a full name."""

    slug = "linelist.unknown_region"
    zh = "`{value}` 不是行政区划代码,也不是完整名称"
    en = "`{value}` is neither a division code nor a full name"
    remedy_zh = "请用六位代码,或从省写起的全称,如“河南省郑州市金水区”"
    remedy_en = "use a six-digit code, or the full name from the province down"


class NumberInText(Malformed):
    """Somebody's citizen's number in a field that is kept as text."""

    slug = "linelist.number_in_text"
    zh = "此格文本中含有身份证号码"
    en = "the text contains a citizen's number"
    remedy_zh = "删去号码;人只在证件号码列中写明"
    remedy_en = "take the number out; people are named only in the column of papers"


class NotACaseId(Malformed):
    """A case named otherwise than by its number."""

    slug = "linelist.not_a_case_id"
    zh = "此格应为病例编号,不是姓名"
    en = "this is a case's number, never a name"
    remedy_zh = "请填病例编号,如“郑州-12”"
    remedy_en = "write the case's number, for example ZZ-12"


class NotASubject(Malformed):
    """A telephone's or a paper's number where a pseudonym belongs."""

    slug = "linelist.not_a_subject"
    zh = "证件号码或电话不能作为对象代号"
    en = "a paper's or a telephone's number is no subject"
    remedy_zh = "请把该列对应到“证件号码”或“电话”"
    remedy_en = "map the column to the paper's number or the telephone instead"


class DamagedNumber(Malformed):
    """A long number that a spreadsheet has rounded."""

    slug = "linelist.damaged_number"
    zh = "号码被电子表格改成了科学计数法或末位变 0,已无法还原"
    en = "a spreadsheet has rounded this long number (4.10E+17, or 000 at its end); it is lost"
    remedy_zh = "回到原始资料,把该列设为“文本”格式后重新填写;只改格式不能恢复"
    remedy_en = (
        "go back to the source, format the column as text and enter it anew; "
        "changing the format now brings nothing back"
    )


class NoPaperType(Malformed):
    """A number whose paper cannot be told by its form."""

    slug = "linelist.no_paper_type"
    zh = "看不出这是哪种证件的号码"
    en = "the type of paper cannot be told from this number"
    remedy_zh = "请增加“证件类型”一列,填身份证、护照等"
    remedy_en = "add a column with the type of paper"


class Nobody(Malformed):
    """A row that says of nobody."""

    slug = "linelist.nobody"
    zh = "这一行没有证件号码,也没有完整的姓名和电话"
    en = "the row has neither a paper's number nor a whole name and telephone"
    remedy_zh = "请填证件号码;只知姓名和电话时两项都要填"
    remedy_en = "give the paper's number, or both the name and the telephone"


class SameAsRow(Malformed):
    """A row that repeats an earlier one."""

    slug = "linelist.same_as_row"
    zh = "与第 {row} 行完全相同"
    en = "it says the same as row {row}"
    remedy_zh = "删去即可,不影响已收的一行"
    remedy_en = "delete it; the other row is kept"


class IdTwice(Malformed):
    """One record id for two different rows."""

    slug = "linelist.id_twice"
    zh = "记录编号与第 {row} 行重复而内容不同"
    en = "the record's id is that of row {row}, with other content"
    remedy_zh = "每条记录用自己的编号"
    remedy_en = "give each record an id of its own"
