// Show the fields that the chosen model uses; a hidden one is not sent.
"use strict";
(() => {
  const model = document.getElementById("f-model");
  const fields = document.querySelectorAll("[data-model]");
  if (!model || !fields.length) return;
  const show = () => {
    for (const field of fields) {
      const used = field.dataset.model === model.value;
      field.hidden = !used;
      for (const one of field.querySelectorAll("input, select, textarea")) one.disabled = !used;
    }
  };
  model.addEventListener("change", show);
  show();
})();
