// Which instruments are shown; the choice is in the address, so that it can be kept and sent to others.

export class Lanes {
  private readonly boxes: HTMLInputElement[];

  constructor(form: HTMLFormElement, changed: () => void) {
    this.boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=instrument]")];
    form.querySelector("[data-without-script]")?.remove();
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", changed);
  }

  /** Short names of those chosen. */
  get chosen(): string[] {
    return this.boxes.filter((box) => box.checked).map((box) => box.value);
  }

  get all(): boolean {
    return this.boxes.every((box) => box.checked);
  }
}
