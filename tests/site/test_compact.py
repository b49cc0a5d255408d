"""The white space that templates lose, and that which they keep."""

import jinja2
import pytest

from matrix.site.compact import Compact


@pytest.mark.parametrize(
    ("template", "page"),
    [
        ("<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>\n", "<ul><li>a</li><li>b</li></ul>"),
        ('<tr id="{{ x }}"{% if x %} hidden{% endif %}>\n  <td>a</td>\n</tr>', '<tr id="1 < 2" hidden><td>a</td></tr>'),
        ("<p>\n  one <b>two</b>\n  <i>three</i> {{ x }}\n</p>", "<p>\n  one <b>two</b>\n<i>three</i> 1 < 2\n</p>"),
        ('<a href="{{ x }}">\n  one</a> <a>two</a>', '<a href="1 < 2">\n  one</a> <a>two</a>'),
        ("<pre><code>one\n    two\n{{ x }}\n</code></pre>", "<pre><code>one\n    two\n1 < 2\n</code></pre>"),
        ("<td> {{ x }} </td>", "<td>1 < 2</td>"),
        ("<template>\n<title>a</title></template>", "<template><title>a</title></template>"),
        ("{{ '<td>\n  <td>' }}", "<td>\n  <td>"),
        ("<h2>a</h2>\n  <p>b</p>", "<h2>a</h2>\n<p>b</p>"),
    ],
)
def test_only_white_space_next_to_blocks_is_left_out(template: str, page: str) -> None:
    """Check lists, tags with conditions, inline elements, source code, and text from a variable."""
    environment = jinja2.Environment(extensions=[Compact], autoescape=False)  # noqa: S701 - what it gets is above
    assert page == environment.from_string(template).render(x="1 < 2")
