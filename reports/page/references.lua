-- Numbers of equations, figures and tables, and the words of links to them, the same in HTML and PDF.
-- A link without words to an id of the document gets "Figure 2", "eq. (3)", "Table 1" or a heading's words.

local typst = FORMAT:match("typst") ~= nil
local words, counts = {}, { equation = 0, figure = 0, table = 0 }
local ids, partial = {}, false

local function nextof(kind)
  counts[kind] = counts[kind] + 1
  return tostring(counts[kind])
end

-- Typst writes these words before a caption itself, and counts in the same order.
local function captioned(element, name, number)
  words[element.identifier] = name .. " " .. number
  local first = element.caption.long[1]
  if not typst and first then
    first.content:insert(1, pandoc.Space())
    first.content:insert(1, pandoc.Span({ pandoc.Str(name .. " " .. number .. ".") }, { class = "number" }))
  end
end

-- pandoc's Typst leaves alternative text out.
local function described(image)
  local width = image.attributes.width or "100%"
  local alt = pandoc.utils.stringify(image.caption)
  alt = alt:gsub("\\", "\\\\"):gsub('"', '\\"')
  return pandoc.RawInline("typst", ('#image("%s", width: %s, alt: "%s")'):format(image.src, width, alt))
end

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local count = {
  traverse = "topdown",
  Header = function(h)
    words[h.identifier] = pandoc.utils.stringify(h)
  end,
  Figure = function(f)
    captioned(f, "Figure", nextof("figure"))
    if not typst then
      return f
    end
    return f:walk({ Image = described })
  end,
  Table = function(t)
    captioned(t, "Table", nextof("table"))
    return t
  end,
  Div = function(d)
    if not d.classes:includes("equation") then
      return nil
    end
    local number = "(" .. nextof("equation") .. ")"
    words[d.identifier] = "eq. " .. number
    if typst then
      local body = pandoc.List({ raw('#equation("' .. number .. '")[') })
      body:extend(d.content)
      body:insert(raw("] <" .. d.identifier .. ">"))
      return body, false
    end
    d.content:insert(pandoc.Plain({ pandoc.Span({ pandoc.Str(number) }, { class = "number" }) }))
    return d, false
  end,
}

local function note(element)
  if element.identifier and element.identifier ~= "" then
    ids[element.identifier] = true
  end
end

-- All ids, wherever they stand; and whether this is a part of a document only.
local gather = {
  Meta = function(meta)
    partial = meta.partial ~= nil
  end,
  Header = note, Figure = note, Table = note, Div = note, Span = note, Code = note, Link = note,
}

local fill = {
  Link = function(link)
    local id = link.target:match("^#(.+)$")
    if not id then
      return nil
    end
    if not ids[id] and not partial then
      error("a link to #" .. id .. ", which nothing has as its id")
    end
    if #link.content == 0 then
      link.content = { words[id] and pandoc.Str(words[id]) or pandoc.Code((id:gsub("^claim%-", ""))) }
    end
    return ids[id] and link or pandoc.Span(link.content)
  end,
}

-- Typst reads two hyphens, three dots and "-?" as other signs, and pandoc leaves them as they are.
local literal = {
  Str = function(s)
    if not typst or not (s.text:find("--", 1, true) or s.text:find("...", 1, true) or s.text:find("-?", 1, true)) then
      return nil
    end
    local pieces = pandoc.List()
    for plain, mark in s.text:gmatch("([^%-%.]*)([%-%.]?)") do
      if plain ~= "" then
        pieces:insert(pandoc.Str(plain))
      end
      if mark ~= "" then
        pieces:insert(pandoc.RawInline("typst", "\\" .. mark))
      end
    end
    return pieces
  end,
}

return { gather, count, fill, literal }
